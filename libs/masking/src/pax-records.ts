import { latin1 } from './latin1.js';

const [NEWLINE, SPACE] = [0x0a, 0x20];
const MAX_DIGITS = 8;
/** Names by which the client finds its file. */
const named = /^(?:path|linkpath|GNU\.sparse\.name)=/;

/** One attribute of pax, `<length> <key>=<value>` and a line end. */
export interface PaxRecord {
  /** Where its key begins. */
  readonly start: number;
  /** Of the value, without the line end. */
  readonly end: number;
  /** The value says what a file is called. */
  readonly isName: boolean;
}

/** @returns `undefined` for what does not consist of such records */
export function readPaxRecords(bytes: Uint8Array): readonly PaxRecord[] | undefined {
  const records: PaxRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.subarray(at, at + MAX_DIGITS).indexOf(SPACE);
    const digits = latin1(bytes, at, at + Math.max(space, 0));
    const end = at + Number.parseInt(digits, 10);
    const start = at + space + 1;
    if (!/^[0-9]+$/.test(digits) || end <= start || bytes[end - 1] !== NEWLINE) return undefined;
    const isName = named.test(latin1(bytes, start, Math.min(end, start + 32)));
    records.push({ start, end: end - 1, isName });
    at = end;
  }
  return records;
}

/** What they say of the size of the file's content, which then is more than a header can say. */
export function paxSize(bytes: Uint8Array, records: readonly PaxRecord[]): number | undefined {
  const texts = records.map(({ start, end }) => latin1(bytes, start, Math.min(end, start + 32)));
  const size = texts.findLast((text) => text.startsWith('size='))?.slice('size='.length);
  return size === undefined ? undefined : Number(size);
}

/** What they call the file. */
export function paxPath(bytes: Uint8Array, records: readonly PaxRecord[]): string | undefined {
  const named = records.findLast(({ start }) => latin1(bytes, start, start + 5) === 'path=');
  return named && Buffer.from(bytes.subarray(named.start + 5, named.end)).toString('utf8');
}
