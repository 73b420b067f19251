import { describe, expect, it } from 'vitest';
import { messageProblems, viewProblems } from './block-kit-limits.js';

const plain = (text: string) => ({ type: 'plain_text', text });
const header = (text: string) => ({ type: 'header', text: plain(text) });
const button = (more = {}) => ({ type: 'button', action_id: 'a', text: plain('A'), ...more });
const actions = (...elements: unknown[]) => ({ type: 'actions', elements });
const option = (value: string) => ({ text: plain(value), value });
const rich = (text: string) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
});
const modal = (more: object) => ({ type: 'modal', title: plain('Title'), blocks: [], ...more });
const input = (element: object) => ({ type: 'input', block_id: 'b', label: plain('L'), element });
const times = <Item>(count: number, item: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => item(index));

describe('a message', () => {
  it('may hold as much as Slack takes', () => {
    const blocks = times(50, () => header('x'.repeat(150)));
    const small = times(25, (index) => button({ action_id: `a${index}` }));
    expect(messageProblems({ text: 'x'.repeat(4000), blocks })).toStrictEqual([]);
    expect(messageProblems({ blocks: [actions(...small)] })).toStrictEqual([]);
  });

  it.each<{ readonly what: string; readonly blocks: unknown; readonly text?: string }>([
    { what: 'a long header', blocks: [header('x'.repeat(151))] },
    { what: 'an empty header', blocks: [header('')] },
    { what: 'many blocks', blocks: times(51, () => header('x')) },
    { what: 'an unknown block', blocks: [{ type: 'poll' }] },
    { what: 'an unknown member', blocks: [{ ...header('x'), colour: 'red' }] },
    {
      what: 'text that is read as mrkdwn',
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x' } }],
    },
    { what: 'a long label', blocks: [actions(button({ text: plain('x'.repeat(76)) }))] },
    { what: 'a long value', blocks: [actions(button({ value: 'x'.repeat(2001) }))] },
    { what: 'no buttons', blocks: [actions()] },
    {
      what: 'many buttons',
      blocks: [actions(...times(26, (i) => button({ action_id: `a${i}` })))],
    },
    { what: 'an action twice', blocks: [actions(button(), button())] },
    { what: 'a block id twice', blocks: times(2, () => ({ ...header('x'), block_id: 'b' })) },
    {
      what: 'a large menu',
      blocks: [
        actions({ type: 'overflow', action_id: 'o', options: times(6, (i) => option(`${i}`)) }),
      ],
    },
    { what: 'a text without letters', blocks: [rich('')] },
    { what: 'much text', blocks: times(2, () => rich('x'.repeat(7_000))) },
    { what: 'a long notification', blocks: [], text: 'x'.repeat(4_001) },
  ])('may not hold $what', ({ blocks, text }) =>
    expect(messageProblems({ blocks, ...(text === undefined ? {} : { text }) })).toHaveLength(1),
  );
});

describe('a dialog', () => {
  const text = { type: 'plain_text_input', action_id: 'a' };

  it('may ask', () =>
    expect(viewProblems(modal({ submit: plain('Send'), blocks: [input(text)] }))).toStrictEqual(
      [],
    ));

  it.each<{ readonly what: string; readonly view: unknown }>([
    { what: 'no dialog', view: undefined },
    { what: 'a long title', view: modal({ title: plain('x'.repeat(25)), blocks: [header('x')] }) },
    { what: 'nothing', view: modal({}) },
    { what: 'no way to send', view: modal({ blocks: [input(text)] }) },
    {
      what: 'much to come back',
      view: modal({ private_metadata: 'x'.repeat(3001), blocks: [header('x')] }),
    },
    { what: 'many blocks', view: modal({ blocks: times(101, () => header('x')) }) },
    {
      what: 'a choice that is not there',
      view: modal({
        submit: plain('Send'),
        blocks: [
          input({
            type: 'checkboxes',
            action_id: 'a',
            options: [option('1')],
            initial_options: [option('2')],
          }),
        ],
      }),
    },
  ])('may not have $what', ({ view }) => expect(viewProblems(view).length).toBeGreaterThan(0));
});
