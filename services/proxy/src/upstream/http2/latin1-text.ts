/** What Node has, though its types do not: `toString('latin1')` calls it, and only for a `Buffer`. */
const { latin1Slice } = Buffer.prototype as unknown as {
  readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string;
};

/** Bytes as text: half the time of `toString('latin1')`, and for each `Uint8Array`. */
export const latin1Text = (bytes: Uint8Array, start: number, end: number): string =>
  latin1Slice.call(bytes, start, end);
