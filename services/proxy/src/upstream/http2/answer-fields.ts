import { notHttp } from '../upstream-fault.js';
import { trimmed } from './field-rules.js';

/** What the header block of an answer says. */
export interface AnswerFields {
  readonly statusCode: number;
  /** name, value, name, value, … as they came, without `:status`. */
  readonly rawHeaders: string[];
  /** Of the body, where it is said. */
  readonly length: number | undefined;
}

const MAX_FIELDS = 256;
/** Of a connection and not of an answer (RFC 9113, section 8.2.2). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
const LENGTH = 'content-length';

/**
 * Reads what a header block says: `:status` first, then headers.
 *
 * @param fields - name, value, …, as they were decoded; becomes the answer's
 * @throws {@link UpstreamFault} `not_http`
 */
export function answerFields(fields: string[]): AnswerFields {
  const [pseudo, status = ''] = fields;
  if (pseudo !== ':status' || !/^[1-5]\d\d$/.test(status)) throw notHttp('no status');
  if (fields.length > 2 * MAX_FIELDS) throw notHttp('too many headers');
  fields.splice(0, 2);
  for (let index = 1; index < fields.length; index += 2) {
    fields[index] = trimmed(fields[index] ?? '');
  }
  return { statusCode: Number(status), rawHeaders: fields, length: checkedLength(fields) };
}

/** Of the body, as headers say it that may all stand in an answer. */
function checkedLength(headers: readonly string[]): number | undefined {
  let length: number | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (name.startsWith(':')) throw notHttp('a pseudo-header that is none of an answer');
    if (hopByHop.has(name)) throw notHttp('a header of the connection');
    if (name !== LENGTH) continue;
    if (length !== undefined) throw notHttp('two lengths');
    length = lengthOf(headers[index + 1] ?? '');
  }
  return length;
}

/** Behind a body there may be headers too, and nobody here wants them. */
export function checkTrailers(fields: readonly string[]): void {
  for (let index = 0; index < fields.length; index += 2) {
    if ((fields[index] ?? '').startsWith(':')) throw notHttp('a pseudo-header behind the body');
  }
}

function lengthOf(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw notHttp('a length that is no number');
  return Number(value);
}
