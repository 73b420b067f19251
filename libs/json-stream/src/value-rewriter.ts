import { JsonStreamError } from './json-stream-error.js';
import { MAX_VALUE_BYTES, type Digest, type Rewrite } from './rewrite.js';
import { ValueCapture } from './value-capture.js';
import { ValueNames } from './value-names.js';

/** Asks rules what stands in place of a value, and tells them its name. */
export class ValueRewriter {
  readonly capture = new ValueCapture();
  readonly names = new ValueNames();

  /** Forgets everything. */
  clear(): void {
    this.capture.clear();
    this.names.clear();
  }

  /** What stands in place of the value under way, which ends before `next`; `undefined`: it stays. */
  replacement(rewrite: Rewrite, chunk: Uint8Array, next: number): Uint8Array | undefined {
    const { capture, names } = this;
    const { depth } = capture;
    const name = names.of(rewrite, depth);
    capture.name = name;
    const { raw, isString } = capture.close(chunk, next);
    const replacement = rewrite.scalar(capture);
    if (replacement === undefined) names.stayed(rewrite, name, depth);
    if (rewrite.named === 'previous' && isString) names.previous(raw, chunk, depth);
    return replacement;
  }

  /** From here on the value under way is not kept: it is taken as it comes. */
  large({ large }: Rewrite, chunk: Uint8Array, end: number): Digest {
    if (large === undefined) {
      throw new JsonStreamError('too_large', `a value is larger than ${MAX_VALUE_BYTES} bytes`);
    }
    const { capture } = this;
    const digest = large();
    digest.update(capture.earlier);
    digest.update(chunk.subarray(capture.start, end));
    capture.release();
    return digest;
  }
}
