import { endOfLine, readFieldLines } from './field-lines.js';
import { notHttp } from './upstream-fault.js';

/** Where an answer ends. `until_end`: with the connection. */
export type Framing = 'none' | 'length' | 'chunked' | 'until_end';

/** The head of one answer, with no two ways to read it. */
export interface AnswerHead {
  readonly statusCode: number;
  /** name, value, name, value, … as they came. */
  readonly rawHeaders: readonly string[];
  readonly framing: Framing;
  /** Of the body, with `length`; otherwise 0. */
  readonly length: number;
  /** The connection may carry another call afterwards. */
  readonly keepAlive: boolean;
  /** How long the other side says that it keeps an idle connection; 0 when it says nothing. */
  readonly keepAliveSeconds: number;
}

const VERSION = 'HTTP/1.1 ';
const MAX_FIELDS = 256;
const SPACE = 0x20;

/**
 * Reads the head of an answer.
 *
 * @param text - bytes as latin1, the empty line included and nothing behind it
 * @param toHead - it answers `HEAD`: then there is no body, whatever the head says of it
 * @throws {@link UpstreamFault} `not_http` for everything that is not plainly HTTP/1.1
 */
export function parseAnswerHead(text: string, toHead: boolean): AnswerHead {
  const statusCode = readStatus(text);
  const rawHeaders = readFieldLines(text, endOfLine(text, 13) + 2);
  if (rawHeaders.length > 2 * MAX_FIELDS) throw notHttp('too many headers');
  const said = readHopFields(rawHeaders);
  const framing = framingOf(statusCode, toHead, said);
  return {
    statusCode,
    rawHeaders,
    framing,
    length: framing === 'length' ? (said.length ?? 0) : 0,
    keepAlive: !said.close && framing !== 'until_end',
    keepAliveSeconds: said.keepAliveSeconds,
  };
}

function readStatus(text: string): number {
  if (!text.startsWith(VERSION)) throw notHttp('not HTTP/1.1');
  const status = text.slice(9, 12);
  if (!/^[1-5]\d\d$/.test(status) || text.charCodeAt(12) !== SPACE) throw notHttp('no status');
  return Number(status);
}

/** What is for us and not for whoever gets the answer. */
interface HopFields {
  length: number | undefined;
  chunked: boolean;
  close: boolean;
  keepAliveSeconds: number;
}

function readHopFields(rawHeaders: readonly string[]): HopFields {
  const said: HopFields = {
    length: undefined,
    chunked: false,
    close: false,
    keepAliveSeconds: 0,
  };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // By length first: nearly no header is one of these, and no string is made to find that out.
    if (name.length === 10 || name.length === 14 || name.length === 17) {
      readHopField(said, name.toLowerCase(), rawHeaders[index + 1] ?? '');
    }
  }
  if (said.chunked && said.length !== undefined) throw notHttp('a length and chunks');
  return said;
}

function readHopField(said: HopFields, name: string, value: string): void {
  switch (name) {
    case 'content-length':
      if (said.length !== undefined) throw notHttp('two lengths');
      said.length = readLength(value);
      return;
    case 'transfer-encoding':
      if (said.chunked || value.toLowerCase() !== 'chunked') throw notHttp('an unknown coding');
      said.chunked = true;
      return;
    case 'connection':
      said.close ||= /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i.test(value);
      return;
    case 'keep-alive':
      said.keepAliveSeconds = readTimeout(value);
  }
}

const readTimeout = (value: string): number =>
  Number(/(?:^|[,; ])timeout=(\d{1,6})/i.exec(value)?.[1] ?? 0);

function readLength(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw notHttp('a length that is no number');
  return Number(value);
}

function framingOf(statusCode: number, toHead: boolean, said: HopFields): Framing {
  const { chunked, length = -1 } = said;
  if (statusCode < 200 || statusCode === 204) {
    if (chunked || length > 0) throw notHttp('a body where there can be none');
    return 'none';
  }
  if (toHead || statusCode === 304) return 'none';
  if (chunked) return 'chunked';
  return length === -1 ? 'until_end' : lengthFraming(length);
}

const lengthFraming = (length: number): Framing => (length === 0 ? 'none' : 'length');
