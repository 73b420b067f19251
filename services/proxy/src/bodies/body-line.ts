import { isUtf8 } from 'node:buffer';
import { CommandBody, type BodyCut, type BodyDirection } from '@drawbridge/contracts';
import { instantOf, quote } from '../domain/json-text.js';
import { wholeCharacters, type RecordedBody } from './recorded-body.js';

/** Which body of which call it is. */
export interface BodyOfCall {
  readonly commandId: string;
  readonly connection: string;
  readonly direction: BodyDirection;
  readonly at: Date;
  readonly contentType: string;
  /** Only of what is stored compressed. */
  readonly contentEncoding?: string | undefined;
}

const MAX_CONTENT_TYPE = 128;
const MAX_CONTENT_ENCODING = 32;
/** A text with more escapes than letters is no text. */
const MAX_GROWTH = 2;

/** `CommandBody` as the JSON that is stored, in the order of the contract. */
export function bodyLine(of: BodyOfCall, body: RecordedBody): string {
  const { objects, cut } = body;
  const content = cut === undefined ? body.content : tidy(body.content);
  const { encoding, quoted } = written(content);
  const ids = `"commandId":${quote(of.commandId)},"connection":${quote(of.connection)}`;
  const when = `"at":"${instantOf(of.at)}","direction":"${of.direction}"`;
  const type = `"contentType":${quote(of.contentType.slice(0, MAX_CONTENT_TYPE))}${codingMember(of)}`;
  const size = `"bytes":${body.bytes},"sha256":"${body.sha256}","encoding":"${encoding}"`;
  const inObjects = objects.length === 0 ? '' : `,"objects":${JSON.stringify(objects)}`;
  const kept = objects.reduce((sum, { bytes }) => sum + bytes, content.length);
  const missing = cut === undefined ? '' : `,"cut":"${cut}","kept":${kept}`;
  return `{"type":"CommandBody",${ids},${when},${type},${size},"content":${quoted}${inObjects}${missing}}`;
}

const codingMember = ({ contentEncoding }: BodyOfCall): string =>
  contentEncoding === undefined
    ? ''
    : `,"contentEncoding":${quote(contentEncoding.slice(0, MAX_CONTENT_ENCODING))}`;

/** What is cut within a character is still a text. */
function tidy(content: Buffer): Buffer {
  if (isUtf8(content)) return content;
  const whole = wholeCharacters(content);
  return isUtf8(whole) ? whole : content;
}

/** A record must fit into a message whatever stands in a body: a control character takes six bytes in JSON. */
function written(content: Buffer): Pick<CommandBody, 'encoding'> & { readonly quoted: string } {
  if (isUtf8(content)) {
    const quoted = JSON.stringify(content.toString('utf8'));
    if (quoted.length <= content.length * MAX_GROWTH + 2) return { encoding: 'utf8', quoted };
  }
  return { encoding: 'base64', quoted: `"${content.toString('base64')}"` };
}

/** A line without what makes it long. What stands in the object store is kept, and its line as it is. */
export function withoutContent(line: string, cut: BodyCut): string {
  const body = CommandBody.parse(JSON.parse(line));
  if (body.objects !== undefined && body.content === '') return line;
  return JSON.stringify({ ...body, encoding: 'utf8', content: '', cut, kept: 0 });
}
