import { cef } from './cef.js';
import type { ExportedRecord } from './exported-record.js';
import { recordSeverity, type RecordSeverity } from './record-severity.js';

/** RFC 5424, 6.2.1. */
const severities: Readonly<Record<RecordSeverity, number>> = {
  info: 6,
  notice: 5,
  warning: 4,
  alert: 1,
};
const MAX_MSGID = 32;

export interface SyslogSender {
  /** 0 to 23. */
  readonly facility: number;
  /** HOSTNAME: printable ASCII without a space, at most 255 characters. */
  readonly hostname: string;
}

/** A record as a message of RFC 5424 whose text is CEF; it holds no line break. */
export function syslogMessage(
  record: ExportedRecord,
  { facility, hostname }: SyslogSender,
): string {
  const priority = facility * 8 + severities[recordSeverity(record)];
  const id = record.type.slice(0, MAX_MSGID);
  return `<${priority}>1 ${timestamp(record.at)} ${hostname} drawbridge - ${id} - ${cef(record)}`;
}

/** Octet counting of RFC 6587, 3.4.1, and RFC 5425, 4.3: nothing in a message can begin another. */
export function syslogFrame(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length} `, 'latin1'), bytes]);
}

/** RFC 5424 takes microseconds at the most. */
const timestamp = (at: string): string => new Date(at).toISOString();
