import { isKeptInstant } from './kept-instant.js';
import { RecordRefused } from './record-refused.js';

/**
 * The instant a command id was made, as the 48-bit Unix time in milliseconds of a UUIDv7 (RFC 9562, 5.7).
 *
 * Start and end of a command carry the same id and arrive in any order, so a time that both rows can be
 * sorted by may only come from the id.
 *
 * @returns UTC, RFC 3339 with milliseconds
 * @throws RecordRefused `command_id_not_v7`
 */
export function receivedAt(commandId: string): string {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(commandId)) {
    throw new RecordRefused(
      'command_id_not_v7',
      'a command id must be a UUIDv7: it holds its time',
    );
  }
  return new Date(
    Number.parseInt(commandId.slice(0, 8) + commandId.slice(9, 13), 16),
  ).toISOString();
}

/** The same as the scanner of lines writes it, without its `Z`; undefined when it would not write it. */
export function receivedAtText(commandId: string): string | undefined {
  const instant = receivedAt(commandId);
  return isKeptInstant(instant) ? instant.slice(0, -1) : undefined;
}
