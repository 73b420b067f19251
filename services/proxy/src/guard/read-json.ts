import { parseStrictJson } from '@drawbridge/token';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads JSON that every reader takes to mean the same.
 *
 * @returns `undefined` for what is no JSON, is not UTF-8, or has a member twice: of those Go merges some and
 *   JavaScript takes the last
 */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}
