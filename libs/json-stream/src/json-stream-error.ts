/**
 * Why a document could not be passed on:
 * `malformed` (no JSON, or it ended early), `too_deep` (more than {@link MAX_DEPTH} levels), `too_large` (an
 * element that has to be held whole exceeds the limit), `unexpected` (an element rule met something that is no
 * array), `ambiguous` (an element said keep and then drop).
 */
export type JsonStreamFault = 'malformed' | 'too_deep' | 'too_large' | 'unexpected' | 'ambiguous';

/** Containers inside of containers, at most. */
export const MAX_DEPTH = 256;

/** The document cannot be judged; nothing more of it may be passed on. Its text is never in the message. */
export class JsonStreamError extends Error {
  override readonly name = 'JsonStreamError';

  constructor(
    readonly fault: JsonStreamFault,
    message: string,
  ) {
    super(message);
  }
}
