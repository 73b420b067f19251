/** UTF-8, or `undefined`. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    // A byte order mark is a part of what came.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * JSON, or `undefined`. Halves of surrogate pairs, which JSON can escape and no UTF-8 can hold, are replaced: ClickHouse
 * takes none. What is kept of the text itself still has them.
 */
export function parseJson(text: string | undefined): unknown {
  try {
    if (text === undefined) return undefined;
    return HALVES.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const HALVES = /\\u[dD][89a-fA-F]/;

const wellFormed = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed() : value;
