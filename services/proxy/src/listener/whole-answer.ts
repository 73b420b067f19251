import { STATUS_CODES } from 'node:http';
import type { AnswerHeaders } from './client-exchange.js';

/**
 * A whole answer over HTTP/1.1, to be sent in one piece: framed by the length of its body, on a connection that stays.
 *
 * @throws {@link TypeError} for what is no header value
 */
export function wholeAnswer(statusCode: number, headers: AnswerHeaders, body: Buffer): Buffer {
  const length =
    headers['content-length'] === undefined ? `content-length: ${body.length}\r\n` : '';
  const head = `${statusLine(statusCode)}${headerLines(headers)}${length}${dateLine()}\r\n`;
  // Every unit of it is a byte.
  const answer = Buffer.allocUnsafe(head.length + body.length);
  answer.write(head, 0, 'latin1');
  body.copy(answer, head.length);
  return answer;
}

/**
 * The lines of an answer's headers, whose names are ours.
 *
 * @throws {@link TypeError} for what is no header value
 */
export function headerLines(headers: AnswerHeaders): string {
  let lines = '';
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'object') for (const each of value) lines += headerLine(name, each);
    else lines += headerLine(name, String(value));
  }
  return lines;
}

const noValue = /[^\t\x20-\x7e\x80-\xff]/;

function headerLine(name: string, value: string): string {
  if (noValue.test(value)) throw new TypeError(`no header value: ${name}`);
  return `${name}: ${value}\r\n`;
}

const statusLine = (statusCode: number): string =>
  `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? 'unknown'}\r\n`;

const SECOND_MS = 1_000;
let lastSecond = Number.NaN;
let lastDateLine = '';

/** Made once a second, and with it that the connection stays. */
function dateLine(): string {
  const now = Date.now();
  const second = now - (now % SECOND_MS);
  if (second !== lastSecond) {
    lastDateLine = `date: ${new Date(second).toUTCString()}\r\nconnection: keep-alive\r\n`;
    lastSecond = second;
  }
  return lastDateLine;
}
