import type { IdentityModes } from '../identity-modes/identity-modes.js';
import type { Step } from './exchange.js';
import type { Tracked } from './track-live.js';

/**
 * Sees to it that the cluster knows whose call this is, and by which grant, before anything is recorded as
 * forwarded. While it waits, an end of the grant cuts the call like any other.
 */
export const assumeIdentity =
  (identities: Pick<IdentityModes, 'assume'>): Step<Tracked, Tracked> =>
  (next) =>
  (call) => {
    const made = identities.assume(call.connection, call.grant, call.identity);
    return made === undefined ? next(call) : made.then(() => next(call));
  };
