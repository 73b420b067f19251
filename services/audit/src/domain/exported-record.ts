import { Instant } from '@drawbridge/contracts';
import { RecordRefused } from './record-refused.js';

/** One record as it is given to a system outside: where it stands, and what it says, unchanged. */
export interface ExportedRecord {
  readonly stream: string;
  /** Of its message in the stream. */
  readonly sequence: number;
  /** Which of the records of its message, from 0. */
  readonly line: number;
  readonly type: string;
  /** When it happened; UTC, RFC 3339. */
  readonly at: string;
  /** JSON in one line. */
  readonly text: string;
  /** The same, parsed. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Where a record was read. */
export type RecordPlace = Pick<ExportedRecord, 'stream' | 'sequence' | 'line'>;

/** @throws RecordRefused `record_unreadable` */
export function exportedRecord(place: RecordPlace, bytes: Uint8Array): ExportedRecord {
  const { stream, sequence, line } = place;
  const text = textOf(bytes);
  const fields = parse(text);
  if (text === undefined || !isObject(fields)) throw unreadable(place);
  const type = fields['type'];
  const at = Instant.safeParse(fields['at']);
  // All that must hold of it: what newer versions write is exported, too.
  if (typeof type !== 'string' || !/^[A-Za-z]{1,64}$/.test(type) || !at.success) {
    throw unreadable(place);
  }
  // Whoever reads lines must not take one record for two.
  const inOneLine = /[\r\n]/.test(text) ? JSON.stringify(fields) : text;
  return { stream, sequence, line, type, at: at.data, text: inOneLine, fields };
}

function unreadable({ stream, sequence, line }: RecordPlace): RecordRefused {
  const message = `record ${line} of message ${sequence} of ${stream} cannot be exported`;
  return new RecordRefused('record_unreadable', message);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Says to a sink that records were deleted, by age, before it was told of them; `sequence` is the last of them. */
export function exportGap(
  { stream, from, to }: { readonly stream: string; readonly from: number; readonly to: number },
  now: Date,
): ExportedRecord {
  const fields = { type: 'ExportGap', at: now.toISOString(), stream, from, to };
  return {
    stream,
    sequence: to,
    line: 0,
    type: fields.type,
    at: fields.at,
    text: JSON.stringify(fields),
    fields,
  };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
