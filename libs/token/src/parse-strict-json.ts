/** Strings (with the colon after a key) and object braces; everything else cannot change what keys there are. */
const KEYS_AND_BRACES = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g;

/** JSON that two readers could understand differently. The message names the key, cut to 64 characters. */
export class StrictJsonError extends Error {
  constructor(key: string, what: 'stands twice in one object' | 'is not allowed') {
    super(`the key ${JSON.stringify(key.slice(0, 64))} ${what}`);
    this.name = 'StrictJsonError';
  }
}

/**
 * `JSON.parse` that refuses an object with a repeated key, where each reader may take another, and the key
 * `__proto__`, which some readers drop and some take for a prototype.
 *
 * @throws `SyntaxError` for text that is not JSON, {@link StrictJsonError} for such a key
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  refuseKeys(text);
  return value;
}

/** Only for valid JSON: outside of strings a brace is then always an object's. */
function refuseKeys(text: string): void {
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
  if (key === '__proto__') throw new StrictJsonError(key, 'is not allowed');
  if (keys?.has(key)) throw new StrictJsonError(key, 'stands twice in one object');
  keys?.add(key);
}
