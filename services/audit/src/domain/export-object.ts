import type { ExportedRecord } from './exported-record.js';

/** Which messages of a stream an object is made of. */
export interface ExportedRange {
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  /** When the stream took the first of them. */
  readonly firstStoredAt: Date;
}

const DIGITS = 16;
const padded = (sequence: number): string => String(sequence).padStart(DIGITS, '0');

/** A function of the range alone, so that it can be written again: `ACCESS/2026/01/05/<first>-<last>.ndjson.gz`. */
export function exportObjectName({ stream, first, last, firstStoredAt }: ExportedRange): string {
  const day = firstStoredAt.toISOString().slice(0, 10).replaceAll('-', '/');
  return `${stream}/${day}/${padded(first)}-${padded(last)}.ndjson.gz`;
}

/** One line for each record, with the place that it has in the record and its very text. */
export const exportLines = (records: readonly ExportedRecord[]): string =>
  records
    .map(
      ({ stream, sequence, line, text }) =>
        `{"stream":${JSON.stringify(stream)},"sequence":${sequence},"line":${line},"record":${text}}\n`,
    )
    .join('');
