import { MaskRefused, type BodyMask } from '@drawbridge/masking';
import { CallRefused } from '../domain/call-refused.js';
import type { BodyTransform } from '../streams/body-transform.js';

/** A body that goes to the client without the values in it. Fails closed. */
export class MaskedBody implements BodyTransform {
  #isEmpty = true;

  constructor(private readonly mask: BodyMask) {}

  get masked(): number {
    return this.mask.masked;
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (chunk.length > 0) this.#isEmpty = false;
    try {
      return this.mask.push(chunk);
    } catch (error) {
      throw translated(error);
    }
  }

  end(): readonly Uint8Array[] {
    // Of a body that is not there nothing can be hidden.
    if (this.#isEmpty) return [];
    try {
      return this.mask.end();
    } catch (error) {
      throw translated(error);
    }
  }
}

/** An answer that has no body, whatever its head says of one. */
export class NoBody implements BodyTransform {
  readonly masked = 0;

  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (chunk.length > 0) throw notMaskable('it has a body where there should be none');
    return [];
  }

  end(): readonly Uint8Array[] {
    return [];
  }
}

export const notMaskable = (why: string, cause?: unknown): CallRefused =>
  new CallRefused('answer_not_maskable', `the cluster's answer cannot be masked: ${why}`, {
    cause,
  });

/** What masking refuses, as the refusal of the call. */
export function translated(error: unknown): unknown {
  return error instanceof MaskRefused
    ? new CallRefused('answer_not_maskable', error.message, { cause: error })
    : error;
}
