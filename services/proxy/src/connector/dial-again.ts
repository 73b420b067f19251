import { UpstreamFault } from '../upstream/upstream-fault.js';
import type { Dial } from '../upstream/upstream.js';

/**
 * Dials once more when the way below broke off in the middle of the handshake, as with a connector that is killed:
 * nothing of any call was sent yet, and another connector may be well.
 */
export const dialAgain =
  (dial: Dial): Dial =>
  async (signal, read) => {
    try {
      return await dial(signal, read);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UpstreamFault) || error.kind !== 'broken') throw error;
      return dial(signal, read);
    }
  };
