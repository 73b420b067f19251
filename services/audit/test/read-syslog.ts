/** A message of RFC 5424, as a receiver reads it. */
export interface ReadSyslog {
  readonly facility: number;
  readonly severity: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly appName: string;
  readonly messageId: string;
  readonly message: string;
}

const FORM =
  /^<(?<priority>\d|[1-9]\d|1[0-8]\d|19[01])>1 (?<timestamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) (?<hostname>[!-~]{1,255}) (?<appName>[!-~]{1,48}) (?:-|[!-~]{1,128}) (?<messageId>[!-~]{1,32}) - (?<message>[^\r\n\0]*)$/u;

/** @throws Error when it is not what RFC 5424, section 6, allows */
export function readSyslog(text: string): ReadSyslog {
  const found = FORM.exec(text)?.groups;
  if (found === undefined) throw new Error(`no message of RFC 5424: ${JSON.stringify(text)}`);
  const { priority = '', timestamp = '', hostname = '', appName = '', messageId = '' } = found;
  return {
    facility: Number(priority) >> 3,
    severity: Number(priority) & 7,
    ...{ timestamp, hostname, appName, messageId },
    message: found['message'] ?? '',
  };
}

/** The messages of a connection, each behind its length; throws for bytes that belong to none. */
export function readFrames(bytes: Buffer): readonly string[] {
  const messages: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = bytes.subarray(at, space).toString('latin1');
    if (!/^[1-9]\d{0,8}$/.test(length)) throw new Error(`no length: ${JSON.stringify(length)}`);
    const end = space + 1 + Number(length);
    if (end > bytes.length) throw new Error('the connection ends in a message');
    messages.push(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(space + 1, end)));
    at = end;
  }
  return messages;
}
