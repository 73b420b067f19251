import { exportedRecord, type ExportedRecord } from '../src/domain/exported-record.js';

export interface SamplePlace {
  readonly stream?: string;
  readonly sequence?: number;
  readonly line?: number;
}

/** A record as it is read from a stream. */
export const exported = (
  record: object,
  { stream = 'COMMANDS', sequence = 7, line = 0 }: SamplePlace = {},
): ExportedRecord =>
  exportedRecord({ stream, sequence, line }, Buffer.from(JSON.stringify(record)));
