import { commandLines } from '@drawbridge/jetstream';
import type { JsMsg } from '@nats-io/jetstream';

/** What one row is made of: a message, or one record of a message that holds many. */
export interface Source {
  readonly message: JsMsg;
  /** Which of the records of its message, from 0; absent when the message is one. */
  readonly line?: number;
  readonly bytes: Uint8Array;
}

export const wholeMessage = (message: JsMsg): readonly Source[] => [
  { message, bytes: message.data },
];

/** The records of a message of `COMMANDS`: of those from before there were batches, one. */
export function recordsOf(message: JsMsg): readonly Source[] {
  const lines = commandLines(message);
  if (lines.length === 1) return wholeMessage(message);
  return lines.map((bytes, line) => ({ message, line, bytes }));
}
