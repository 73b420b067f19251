import { CommandRecord } from '@drawbridge/contracts';
import { RecordRefused } from '../domain/record-refused.js';
import { parseJson } from './parse-json.js';
import type { Source } from './source.js';

/** @throws RecordRefused `record_unreadable` */
export function readCommand({ message, line = 0, bytes }: Source): CommandRecord {
  const record = CommandRecord.safeParse(parseJson(bytes));
  if (record.success) return record.data;
  const text = `record ${line} of message ${message.seq} is no command record`;
  throw new RecordRefused('record_unreadable', text);
}
