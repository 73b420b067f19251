import type { z } from 'zod';
import { MessageBlocks, View, type Block } from './block-kit.js';

/** Slack refuses a message whose blocks are longer than about this, with `msg_blocks_too_long`. */
const MAX_MESSAGE_LENGTH = 13_000;
const MAX_VIEW_LENGTH = 250_000;
/** Longer ones are cut off. */
const MAX_TEXT_LENGTH = 4_000;

/** What Slack would not take of a message; empty when all is well. */
export function messageProblems(message: {
  readonly text?: string | undefined;
  readonly blocks?: unknown;
}): string[] {
  const { text = '', blocks = [] } = message;
  const parsed = MessageBlocks.safeParse(blocks);
  return [
    ...problemsOf(parsed),
    ...(parsed.success ? sharedIds(parsed.data) : []),
    ...(text.length > MAX_TEXT_LENGTH ? [`text is longer than ${MAX_TEXT_LENGTH}`] : []),
    ...tooLong(blocks, MAX_MESSAGE_LENGTH),
  ];
}

/** The same of a dialog or an app home. */
export function viewProblems(view: unknown): string[] {
  const parsed = View.safeParse(view);
  if (!parsed.success) return problemsOf(parsed);
  const { data } = parsed;
  const asksSomething = data.blocks.some(({ type }) => type === 'input');
  const isWithoutSubmit = data.type === 'modal' && data.submit === undefined;
  return [
    ...sharedIds(data.blocks),
    ...(asksSomething && isWithoutSubmit ? ['a dialog with inputs needs "submit"'] : []),
    ...tooLong(view, MAX_VIEW_LENGTH),
  ];
}

function problemsOf(parsed: z.ZodSafeParseResult<unknown>): string[] {
  return (parsed.error?.issues ?? []).map(
    ({ path, message }) => `/${path.map(String).join('/')}: ${message}`,
  );
}

function tooLong(value: unknown, max: number): string[] {
  const { length } = JSON.stringify(value);
  return length > max ? [`${length} characters, more than ${max}`] : [];
}

/** Block ids are one of a kind in a message, action ids in a block. */
function sharedIds(blocks: readonly Block[]): string[] {
  const blockIds = blocks.flatMap(({ block_id: id }) => (id === undefined ? [] : [id]));
  return [
    ...repeated(blockIds).map((id) => `block_id "${id}" comes twice`),
    ...blocks.flatMap((block) =>
      repeated(actionIdsOf(block)).map((id) => `action_id "${id}" comes twice in a block`),
    ),
  ];
}

function actionIdsOf(block: Block): string[] {
  if (block.type === 'actions') return block.elements.map(({ action_id: id }) => id);
  if (block.type === 'input') return [block.element.action_id];
  return [];
}

const repeated = (ids: readonly string[]): string[] =>
  ids.filter((id, index) => ids.indexOf(id) !== index);
