/**
 * What a terminal or a reader could be deceived by (T21): control characters, text direction, invisible
 * characters (tags and joiners among them), line separators, unpaired surrogates.
 */
const DECEPTIVE =
  /[\p{Cc}\p{Bidi_Control}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/gu;

const visible = (character: string): string =>
  `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** Text of others for one line of a terminal: what could deceive is shown as `\u{…}`. */
export const neutralise = (text: string): string => text.replace(DECEPTIVE, visible);

/** The same for text that may have several lines. */
export const neutraliseLines = (text: string): string =>
  text.split('\n').map(neutralise).join('\n');

/** JSON that means the same and holds nothing deceptive: such characters are escaped. */
export function neutralJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(DECEPTIVE, (character) =>
    character === '\n' ? character : escaped(character),
  );
}

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
