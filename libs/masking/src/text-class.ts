/** What a byte is in running text, as bits. */
export const TOKEN = 1;
export const DIGIT = 2;
export const UPPER = 4;
export const LOWER = 8;
/** `=` and `:`, behind which a value may stand. */
export const LABEL_END = 16;
export const AT = 32;
/** Ends whatever stands without quotes. */
export const SPACE = 64;
/** Ends a value that stands without quotes. */
export const VALUE_END = 128;
export const LETTER_OR_DIGIT = DIGIT | UPPER | LOWER;

/** Class by byte. */
export const classOf: Uint8Array = new Uint8Array(256);

const add = (characters: string, bits: number): void => {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    classOf[code] = (classOf[code] ?? 0) | bits;
  }
};
add('0123456789', DIGIT | TOKEN);
add('ABCDEFGHIJKLMNOPQRSTUVWXYZ', UPPER | TOKEN);
add('abcdefghijklmnopqrstuvwxyz', LOWER | TOKEN);
add('-_+/', TOKEN);
add('=:', LABEL_END);
add('@', AT);
add(' \t\r\n\0\v\f', SPACE | VALUE_END);
add('"\'`,;&<>()[]{}|\\', VALUE_END);
// Terminal escapes end a value too.
add('\u001b', VALUE_END);

/**
 * Class of the byte at a place; 0 behind the end. Never read there: the engine would be prepared for it from then on,
 * which takes several times as long.
 */
export const classAt = (bytes: Uint8Array, at: number): number =>
  at < bytes.length ? (classOf[bytes[at] ?? 0] ?? 0) : 0;
