/** Strings (with the colon after a key) and object braces; everything else cannot change what keys there are. */
const KEYS_AND_BRACES = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g;

/** Thrown by {@link parseStrictJson}; the message names the repeated key, cut to 64 characters. */
export class DuplicateKeyError extends Error {
  constructor(readonly key: string) {
    super(`the key ${JSON.stringify(key.slice(0, 64))} stands twice in one object`);
    this.name = 'DuplicateKeyError';
  }
}

/**
 * `JSON.parse` that refuses an object with a repeated key: two readers of such a text can see two meanings.
 *
 * @throws `SyntaxError` for text that is not JSON, {@link DuplicateKeyError} for a repeated key
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  refuseDuplicateKeys(text);
  return value;
}

/** Only for valid JSON: outside of strings a brace is then always an object's. */
function refuseDuplicateKeys(text: string): void {
  const open: Set<string>[] = [];
  for (const [lexeme, colon] of text.matchAll(KEYS_AND_BRACES)) {
    if (lexeme === '{') open.push(new Set());
    else if (lexeme === '}') open.pop();
    else if (colon !== undefined) addKey(open.at(-1), lexeme.slice(0, -colon.length));
  }
}

function addKey(keys: Set<string> | undefined, quoted: string): void {
  // Unescaped first: "\u0061" and "a" are the same key.
  const key = String(JSON.parse(quoted));
  if (keys?.has(key)) throw new DuplicateKeyError(key);
  keys?.add(key);
}
