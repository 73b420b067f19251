import { neutralText } from '../slack/neutral-text.js';

/** HTML that was written here, as opposed to text from somewhere, which must be escaped. */
export class Markup {
  constructor(readonly source: string) {}
}

type Part = string | Markup | readonly Markup[];

const MAX_TEXT = 8_000;

/** HTML with escaped interpolations: only what is {@link Markup} already goes in as it is. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const [first = '', ...rest] = strings;
  return new Markup(
    rest.reduce((source, text, index) => source + sourceOf(parts[index] ?? '') + text, first),
  );
}

/** A text with its lines kept and none of them cut, e.g. for `<pre>`; what hides in it is spelled out as everywhere. */
export const preformatted = (text: string): Markup =>
  new Markup(
    text
      .split('\n')
      .map((line) => escape(neutralText(line, Infinity)))
      .join('\n'),
  );

/** A value that goes into an attribute as it is: an address or a token of ours. */
export const attribute = (value: string): Markup => new Markup(escape(value));

function sourceOf(part: Part): string {
  if (typeof part === 'string') return escape(neutralText(part, MAX_TEXT));
  if (part instanceof Markup) return part.source;
  return part.map(({ source }) => source).join('');
}

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
