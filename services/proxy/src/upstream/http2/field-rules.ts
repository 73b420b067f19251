import { notHttp } from '../upstream-fault.js';

const TAB = 0x09;
const SPACE = 0x20;
const COLON = 0x3a;

/** Which of 256 characters may stand in a name or a value (RFC 9113, section 8.2.1): no capital is in a name. */
const inName = new Uint8Array(256);
const inValue = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~") inName[character.charCodeAt(0)] = 1;
for (let code = 0; code < 256; code += 1) {
  if (/[0-9a-z]/.test(String.fromCharCode(code))) inName[code] = 1;
  if (code === TAB || (code >= SPACE && code !== 0x7f)) inValue[code] = 1;
}

function allIn(set: Uint8Array, text: string, from: number): boolean {
  for (let at = from; at < text.length; at += 1) {
    if (set[text.charCodeAt(at)] !== 1) return false;
  }
  return true;
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/** Expects a token without capitals, behind a colon if it is a pseudo-header. */
export function expectName(name: string): void {
  const from = name.charCodeAt(0) === COLON ? 1 : 0;
  if (name.length === from) throw notHttp('a header without a name');
  if (!allIn(inName, name, from)) throw notHttp('a header whose name is no lower-case token');
}

/** Expects no control character. */
export function expectValue(value: string): void {
  if (!allIn(inValue, value, 0)) throw notHttp('a header with a control character');
}

/** Without blanks at its ends, as over HTTP/1.1: they are of no value, and one behind us would cut them off too. */
export const trimmed = (value: string): string =>
  isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1))
    ? value.replaceAll(/^[\t ]+|[\t ]+$/g, '')
    : value;
