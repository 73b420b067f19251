/*
 * Pieces of the JSON in which commands and bodies are recorded: written for every call, and each the very text that
 * `JSON.stringify` gives.
 */

/** Longer texts are escaped faster than they are looked at. */
const MAX_LOOKED_AT = 64;

/** A JSON string. Most are short and need no escape; what is not plain ASCII is left to `JSON.stringify`. */
export function quote(text: string): string {
  if (text.length > MAX_LOOKED_AT) return JSON.stringify(text);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return JSON.stringify(text);
  }
  return `"${text}"`;
}

const SECOND_MS = 1_000;
let lastSecond = Number.NaN;
let lastPrefix = '';

/** UTC, RFC 3339. Formatting is dear, and many calls fall into one second. */
export function instantOf(date: Date): string {
  const time = date.getTime();
  const milliseconds = time % SECOND_MS;
  const second = time - milliseconds;
  if (second !== lastSecond) {
    // Up to the point: what is left are the milliseconds.
    lastPrefix = new Date(second).toISOString().slice(0, -4);
    lastSecond = second;
  }
  if (milliseconds < 10) return `${lastPrefix}00${milliseconds}Z`;
  return milliseconds < 100 ? `${lastPrefix}0${milliseconds}Z` : `${lastPrefix}${milliseconds}Z`;
}
