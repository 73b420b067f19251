import { notHttp } from './upstream-fault.js';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;

/** Which of 256 characters may stand in a name (`tchar`) or a value (RFC 9110, section 5). */
const inName = new Uint8Array(256);
const inValue = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~") inName[character.charCodeAt(0)] = 1;
for (let code = 0; code < 256; code += 1) {
  if (/[0-9A-Za-z]/.test(String.fromCharCode(code))) inName[code] = 1;
  if (code === TAB || (code >= SPACE && code !== 0x7f)) inValue[code] = 1;
}

/** The index of the first character at or behind `from` that is no character of `set`. */
function endOf(text: string, from: number, set: Uint8Array): number {
  let at = from;
  while (set[text.charCodeAt(at)] === 1) at += 1;
  return at;
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/** The end of a value or reason phrase; what ends it must be CR LF. */
export function endOfLine(text: string, from: number): number {
  const end = endOf(text, from, inValue);
  if (text.charCodeAt(end) !== CR || text.charCodeAt(end + 1) !== LF) {
    throw notHttp('a line with a control character or a bare line end');
  }
  return end;
}

/**
 * Reads field lines up to the empty line that must be the end of `text`. No folding, no space before the colon,
 * no bare CR or LF: whatever one of two parsers could read otherwise is no answer.
 *
 * @param text - bytes as latin1
 * @returns name, value, name, value, … as they came
 */
export function readFieldLines(text: string, from: number): string[] {
  const fields: string[] = [];
  let at = from;
  while (text.charCodeAt(at) !== CR) {
    const colon = endOf(text, at, inName);
    if (colon === at || text.charCodeAt(colon) !== COLON) throw notHttp('a header without a name');
    const lineEnd = endOfLine(text, colon + 1);
    let start = colon + 1;
    let end = lineEnd;
    while (start < end && isBlank(text.charCodeAt(start))) start += 1;
    while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
    fields.push(text.slice(at, colon), text.slice(start, end));
    at = lineEnd + 2;
  }
  if (at !== text.length - 2 || text.charCodeAt(at + 1) !== LF) throw notHttp('a bare line end');
  return fields;
}
