const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const PERCENT = 0x25;

/**
 * Decodes `%XX` escapes of an ASCII text as Go's `url.PathUnescape` does, but strictly.
 *
 * @returns `undefined` when an escape is incomplete or the bytes are not shortest-form UTF-8: there Go
 *   keeps raw bytes or drops the pair, and a JavaScript decoder replaces them.
 */
export function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code !== PERCENT) {
      bytes.push(code);
      continue;
    }
    const escape = text.slice(index + 1, index + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(escape)) return undefined;
    bytes.push(Number.parseInt(escape, 16));
    index += 2;
  }
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

/** What `encodeURIComponent` leaves alone, and the colon. */
const needsNoEscape = /^[A-Za-z0-9\-_.!~*'():]*$/;

/** Encodes as `encodeURIComponent` does, but for the colon, which stays readable. */
export const encodePlain = (text: string): string =>
  needsNoEscape.test(text) ? text : encodeURIComponent(text).replaceAll('%3A', ':');
