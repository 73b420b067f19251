/** How the lines of a message stand in it: see the column `form` of `stream_messages`. */
export type MessageForm = 'record' | 'lines' | 'open_lines';

/** A message of a stream, and where it stands. */
export interface StoredMessage {
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  /** When the stream took it. */
  readonly storedAt: Date;
  /** SHA-256 of its bytes, in hex. */
  readonly digest: string;
  readonly bytes: number;
  readonly lines: number;
  readonly form: MessageForm;
}

/** A line that became no row, because it cannot be read or stored. */
export interface ParkedLine {
  readonly line: number;
  readonly bytes: Uint8Array;
}

/** A row of the table `stream_messages`. */
export interface MessageRow {
  readonly stream: string;
  readonly sequence: number;
  readonly stored_at: string;
  readonly subject: string;
  readonly digest: string;
  readonly bytes: number;
  readonly lines: number;
  readonly form: MessageForm;
  readonly parked: readonly { readonly line: number; readonly content: string }[];
}

export const messageRow = (message: StoredMessage, parked: readonly ParkedLine[]): MessageRow => ({
  stream: message.stream,
  sequence: message.sequence,
  stored_at: message.storedAt.toISOString(),
  subject: message.subject,
  digest: message.digest,
  bytes: message.bytes,
  lines: message.lines,
  form: message.form,
  parked: parked.map(({ line, bytes }) => ({
    line,
    content: Buffer.from(bytes).toString('base64'),
  })),
});
