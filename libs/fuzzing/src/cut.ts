/** Sizes of chunks, used in turn; never 0. */
export type Sizes = readonly number[];

/** A text whose characters are bytes, which a corpus can hold. */
export const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Cuts bytes into chunks, each of them a buffer of its own that nobody may keep. */
export function* cut(bytes: Buffer, sizes: Sizes): Generator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    at += chunk.length;
    yield chunk;
    // Whoever kept it instead of a copy is found out.
    chunk.fill(0x21);
  }
}
