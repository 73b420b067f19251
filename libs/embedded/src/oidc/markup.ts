/** HTML that was written here, as opposed to text from somewhere, which must be escaped. */
export class Markup {
  constructor(readonly source: string) {}
}

type Part = string | Markup | readonly Markup[];

/**
 * HTML with escaped interpolations: only what is {@link Markup} already goes in as it is, so forgetting to
 * escape is impossible.
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const [first = '', ...rest] = strings;
  return new Markup(
    rest.reduce((source, text, index) => source + sourceOf(parts[index] ?? '') + text, first),
  );
}

function sourceOf(part: Part): string {
  if (typeof part === 'string') return escape(neutralise(part));
  if (part instanceof Markup) return part.source;
  return part.map(({ source }) => source).join('');
}

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Control characters, text direction and invisible characters could make a text read as another. */
const neutralise = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu, '�');
