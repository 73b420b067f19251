/** Each byte as the character of the same number, so that places in the text are places in the bytes. Never beyond them. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const length = Math.min(end, bytes.length) - start;
  if (length <= 0) return '';
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
}
