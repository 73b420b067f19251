import type { RebuiltMessage, StoredLine } from '@drawbridge/contracts';
import { sha256 } from './merkle.js';
import { digestsOf, type Flaw, type ReadMessage } from './message-check.js';

const NEWLINE = Buffer.from('\n');
const MAX_FLAWS = 100;

/**
 * A message as its rows give it back, and what is wrong with the rows by themselves: lines that none has, or two, and
 * rows that disagree with their own line. Whether the message is the one that was sealed is another question.
 */
export function readRebuilt(message: RebuiltMessage): ReadMessage {
  const { lines, flaws } = linesOf(message);
  const data = joined(message, lines);
  const all = [...flaws, ...ownFlaws(message, data)].slice(0, MAX_FLAWS);
  return {
    sequence: message.sequence,
    subject: message.subject,
    storedAt: Date.parse(message.storedAt) || 0,
    ...digestsOf(data),
    ...(all.length === 0 ? {} : { flaws: all }),
  };
}

/** The bytes of the message, as far as there are rows of it. */
export const rebuiltData = (message: RebuiltMessage): Buffer =>
  joined(message, linesOf(message).lines);

function linesOf(message: RebuiltMessage) {
  const lines = new Map<number, Buffer>();
  const flaws: Flaw[] = [];
  for (const part of message.parts) {
    const isSurplus = part.line >= message.lines || lines.has(part.line);
    if (isSurplus) flaws.push(surplus(part));
    if (part.damaged !== undefined) flaws.push(damage(part));
    if (!lines.has(part.line)) lines.set(part.line, Buffer.from(part.data, 'base64'));
  }
  for (let line = 0; line < message.lines && flaws.length < MAX_FLAWS; line += 1) {
    if (!lines.has(line)) {
      flaws.push({ kind: 'dropped', line, text: `line ${line} is in no row` });
    }
  }
  return { lines, flaws };
}

function joined({ form }: RebuiltMessage, lines: ReadonlyMap<number, Buffer>): Buffer {
  const ordered = [...lines].toSorted(([one], [other]) => one - other).map(([, bytes]) => bytes);
  if (form === 'record') return ordered[0] ?? Buffer.alloc(0);
  const parts = ordered.flatMap((line) => [line, NEWLINE]);
  return Buffer.concat(form === 'open_lines' ? parts.slice(0, -1) : parts);
}

/** What `stream_messages` says of the message beside its subject and time, which its link is made of. */
function ownFlaws(message: RebuiltMessage, data: Buffer): readonly Flaw[] {
  if (message.digest === '') {
    return [{ kind: 'dropped', text: 'no row of stream_messages tells of the message' }];
  }
  const columns = [
    ...(message.form === '' ? ['form'] : []),
    ...(isWritten(message.storedAt) ? [] : ['stored_at']),
    ...(message.bytes === data.length ? [] : ['bytes']),
    ...(message.digest === sha256(data).toString('hex') ? [] : ['digest']),
  ];
  if (columns.length === 0) return [];
  const text = `the row is not what its message says: ${columns.join(', ')}`;
  return [{ kind: 'altered', row: `stream_messages ${message.sequence}`, text }];
}

/** Whether it is an instant, in the one way in which it is written. */
function isWritten(instant: string): boolean {
  const time = Date.parse(instant);
  return !Number.isNaN(time) && new Date(time).toISOString() === instant;
}

const rowOf = ({ table, row }: StoredLine): string => `${table} ${row}`;

const surplus = (part: StoredLine): Flaw => ({
  kind: 'added',
  line: part.line,
  row: rowOf(part),
  text: 'another row has this line too, or the message has none such',
});

const damage = (part: StoredLine): Flaw => ({
  kind: 'altered',
  line: part.line,
  row: rowOf(part),
  text: `the row is not what its line says: ${part.damaged?.join(', ') ?? ''}`,
});
