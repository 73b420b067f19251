/** What a byte can begin outside of strings. Bits, so that "what may come next" is a sum of them. */
export const SPACE = 0;
export const STRING = 1;
export const SCALAR = 2;
export const OPEN_OBJECT = 4;
export const OPEN_ARRAY = 8;
export const CLOSE_OBJECT = 16;
export const CLOSE_ARRAY = 32;
export const COMMA = 64;
export const COLON = 128;
/** Nothing that JSON knows: never expected. */
const NOTHING = 256;
/** Not a kind: marks that the string to come is the name of a member. */
export const AS_KEY = 512;

/** What begins a member. */
export const OBJECT_NEXT: number = STRING | AS_KEY;

export const VALUE = STRING | SCALAR | OPEN_OBJECT | OPEN_ARRAY;

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COLON_BYTE = 0x3a;

const kinds: readonly (readonly [characters: string, kind: number])[] = [
  [' \t\r\n', SPACE],
  ['"', STRING],
  ['-0123456789tfn', SCALAR],
  ['{', OPEN_OBJECT],
  ['[', OPEN_ARRAY],
  ['}', CLOSE_OBJECT],
  [']', CLOSE_ARRAY],
  [',', COMMA],
  [':', COLON],
];

/** Kind by byte. */
export const kindOf: Uint16Array = buildKinds();

function buildKinds(): Uint16Array {
  const table = new Uint16Array(256).fill(NOTHING);
  for (const [characters, kind] of kinds) {
    for (const character of characters) table[character.charCodeAt(0)] = kind;
  }
  return table;
}

/** Whether a byte stands for itself inside of a string: ASCII, but not its end or a backslash. 0 if so. */
export const isNoText: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE || byte === BACKSLASH || byte >= 0x80 ? 1 : 0,
);
