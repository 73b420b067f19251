import { describe, expect, it } from 'vitest';
import { cardText } from './card-text.js';

describe('a Slack card as text', () => {
  it('has a line for each line of the card, and its buttons', () => {
    const text = cardText([
      { type: 'header', text: { type: 'plain_text', text: 'Access request' } },
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_section',
            elements: [
              { type: 'text', text: 'Who: ', style: { bold: true } },
              { type: 'text', text: 'agent-oncall\n' },
              { type: 'date', timestamp: 0, format: '{time}', fallback: '10:00 UTC' },
            ],
          },
        ],
      },
      { type: 'context', elements: [{ type: 'mrkdwn', text: 'decide by 10:00' }] },
      {
        type: 'actions',
        elements: [
          { type: 'button', text: { type: 'plain_text', text: 'Approve' } },
          { type: 'button', text: { type: 'plain_text', text: 'Deny' } },
        ],
      },
    ]);
    expect(text).toBe(
      'Access request\nWho: agent-oncall\n10:00 UTC\ndecide by 10:00\n[Approve] [Deny]',
    );
  });

  it.each([[[]], [[null, 7, {}]]])('is empty for %j', (blocks) => {
    expect(cardText(blocks)).toBe('');
  });
});
