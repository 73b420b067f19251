import { scrubText } from './scrub.js';

const SHOWN = 60;
/** Control and text-direction characters: shown as escapes, so that an error cannot rewrite a terminal. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}]/gu;

/** A value in a few words, for an error that says what came: `"Prod EKS"`, `1.5`, `an array`. */
export function whatCame(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'nothing';
}

function quoted(text: string): string {
  const start = scrubText(text).slice(0, SHOWN);
  const shown = JSON.stringify(start).replaceAll(UNSAFE, escaped);
  return text.length <= SHOWN ? shown : `${shown}… (${text.length} characters)`;
}

const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/** The value at a path of a parsed document; `undefined` where there is none. */
export function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }, document);
}
