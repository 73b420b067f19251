import type { Rule } from '@drawbridge/contracts';
import { summarizeRules } from '@drawbridge/scope';
import type { types } from '@slack/bolt';
import { z } from 'zod';
import { narrowable, narrowingOffer } from '../domain/narrowing-choice.js';
import type { RequestStory } from '../domain/request-story.js';
import { personWords, whatWords } from './card-facts.js';
import { neutralText } from './neutral-text.js';
import { durationWords, lines, plain, text } from './rich-text.js';

export const NARROW_VIEW = 'drawbridge_narrow';
export const TIME_BLOCK = 'drawbridge_time';
export const TIME_INPUT = 'time';
/** Of the choice that changes nothing. */
export const AS_ASKED = 'as_asked';
/** Blocks of rules and namespaces: this and a number, since each holds ten. */
export const RULES_BLOCK = 'drawbridge_rules_';
export const NAMESPACES_BLOCK = 'drawbridge_namespaces_';
export const CHECKED_INPUT = 'checked';

const PER_BLOCK = 10;
const LABEL_LENGTH = 75;

/** The card on which Narrow was pressed, and what it showed. */
export const NarrowMetadata = z.strictObject({
  requestId: z.uuid(),
  channel: z.string().min(1),
  ts: z.string().min(1),
  /** Absent: of the request itself. */
  round: z.int().optional(),
  seen: z.int().min(0),
  step: z.string().max(40).optional(),
});
export type NarrowMetadata = z.infer<typeof NarrowMetadata>;

/** The dialog in which an approver gives less: only parts of what is there can be chosen. */
export function narrowView(story: RequestStory, from: NarrowMetadata): types.ModalView {
  const { requester, terms } = story;
  const about = `${personWords(requester)}: ${whatWords(story)} on ${terms.connection}`;
  const { durations, rules, namespaces } = narrowingOffer(narrowable(story));
  return {
    type: 'modal',
    callback_id: NARROW_VIEW,
    private_metadata: JSON.stringify(from),
    title: plain('Approve less'),
    submit: plain('Approve this much'),
    close: plain('Go back'),
    blocks: [
      lines([
        [text(about)],
        [text('What you leave out is not granted, whoever approves after you.')],
      ]),
      ...(durations.length === 0 ? [] : [timeBlock(terms.durationSeconds, durations)]),
      ...checkBlocks(rules.map(ruleLabel), { block: RULES_BLOCK, label: 'What it may do' }),
      ...checkBlocks(
        namespaces.map((name) => [neutralText(name, LABEL_LENGTH)]),
        { block: NAMESPACES_BLOCK, label: 'In which namespaces' },
      ),
    ],
  };
}

function timeBlock(asked: number, durations: readonly number[]): types.InputBlock {
  const asAsked = { text: plain(`${durationWords(asked)}, as asked`), value: AS_ASKED };
  return {
    type: 'input',
    block_id: TIME_BLOCK,
    label: plain('For how long'),
    element: {
      type: 'radio_buttons',
      action_id: TIME_INPUT,
      initial_option: asAsked,
      options: [
        asAsked,
        ...durations.map((seconds) => ({
          text: plain(durationWords(seconds)),
          value: String(seconds),
        })),
      ],
    },
  };
}

/** A label and, where that is too short for all of it, the rest. */
type Label = readonly [string, string?];

function checkBlocks(
  labels: readonly Label[],
  { block, label }: { readonly block: string; readonly label: string },
): types.InputBlock[] {
  const options = labels.map(([words, rest], index) => ({
    text: plain(words),
    value: String(index),
    ...(rest === undefined ? {} : { description: plain(rest) }),
  }));
  const count = Math.ceil(options.length / PER_BLOCK);
  return Array.from({ length: count }, (_, index) => {
    const part = options.slice(index * PER_BLOCK, (index + 1) * PER_BLOCK);
    return {
      type: 'input',
      block_id: `${block}${index}`,
      optional: true,
      label: plain(index === 0 ? label : `${label}, continued`),
      element: {
        type: 'checkboxes',
        action_id: CHECKED_INPUT,
        options: part,
        initial_options: part,
      },
    };
  });
}

function ruleLabel(rule: Rule, index: number): Label {
  const summary = summarizeRules([rule]).join('; ');
  const words = neutralText(`${index + 1}. ${summary}`, 2 * LABEL_LENGTH - 25);
  if (words.length <= LABEL_LENGTH) return [words];
  // A word of a rule is shorter than this, but for names, which may be cut.
  const space = words.lastIndexOf(' ', LABEL_LENGTH);
  const end = space > LABEL_LENGTH - 25 ? space : LABEL_LENGTH;
  return [words.slice(0, end), words.slice(end).trim().slice(0, LABEL_LENGTH)];
}
