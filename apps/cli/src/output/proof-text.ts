import type { ProvenRecord } from '@drawbridge/integrity';
import type { ProofReport } from '../integrity/check-proof-file.js';
import { neutralise } from './neutralise.js';
import { table } from './table.js';

/** What a proof proves, line by line. */
export function proofReport({ commandId, records, stamps, by, at }: ProofReport): string {
  const rows = table(
    ['RECORD', 'AT', 'MESSAGE', 'LINE', 'STORED', 'CHECKPOINT', 'SIGNED', 'TIMESTAMPED'],
    records.map(({ type, record, proven, checkpoint }, index) => [
      type,
      wordOf(record['at']),
      String(proven.sequence),
      `${proven.line + 1} of ${proven.lines}`,
      proven.storedAt,
      String(checkpoint.size),
      checkpoint.at,
      stamps[index]?.at,
    ]),
  );
  const isOver = records.some(({ type }) => type !== 'CommandStarted');
  const end = isOver ? '' : 'no end of it was known when the proof was taken\n';
  return `${rows}\n${whatOf(records[0])}${end}taken by ${neutralise(by)} at ${neutralise(at)}\nthe command ${commandId} is on the record\n`;
}

function whatOf(first: ProvenRecord | undefined): string {
  const { record = {} } = first ?? {};
  const words = ['connection', 'verb', 'method', 'path'].map((name) => wordOf(record[name]));
  return `${neutralise(words.filter((word) => word !== '').join(' '))}\n`;
}

const wordOf = (value: unknown): string => (typeof value === 'string' ? value : '');
