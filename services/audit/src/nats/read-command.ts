import { CommandRecord } from '@drawbridge/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import { RecordRefused } from '../domain/record-refused.js';
import { parseJson } from './parse-json.js';

/** @throws RecordRefused `record_unreadable` */
export function readCommand({ seq, data }: Pick<JsMsg, 'seq' | 'data'>): CommandRecord {
  const record = CommandRecord.safeParse(parseJson(data));
  if (record.success) return record.data;
  throw new RecordRefused('record_unreadable', `message ${seq} is no command record`);
}
