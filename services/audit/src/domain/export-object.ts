import type { ExportedRecord } from './exported-record.js';

/** Which messages of a stream an object is made of. */
export interface ExportedRange {
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  /** When the stream took the first of them. */
  readonly firstStoredAt: Date;
  /** Of one that was parked, and is told again behind others: its sequence there, so that it has a place of its own. */
  readonly parkedAs?: number;
}

const DIGITS = 16;
const padded = (sequence: number): string => String(sequence).padStart(DIGITS, '0');

/** A function of the range alone, so that it can be written again: `ACCESS/2026/01/05/<first>-<last>.ndjson.gz`. */
export function exportObjectName(range: ExportedRange): string {
  const { stream, first, last, firstStoredAt, parkedAs } = range;
  const day = firstStoredAt.toISOString().slice(0, 10).replaceAll('-', '/');
  const again = parkedAs === undefined ? '' : `-parked-${padded(parkedAs)}`;
  return `${stream}/${day}/${padded(first)}-${padded(last)}${again}.ndjson.gz`;
}

/** One line for each record, with the place that it has in the record and its very text. */
export const exportLines = (records: readonly ExportedRecord[]): string =>
  records
    .map(
      ({ stream, sequence, line, text }) =>
        `{"stream":${JSON.stringify(stream)},"sequence":${sequence},"line":${line},"record":${text}}\n`,
    )
    .join('');
