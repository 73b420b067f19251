import type { Request } from 'express';
import { requestIdOf } from '@drawbridge/runtime';
import type { VerifiedToken } from '@drawbridge/token';
import type { Call } from '../access-requests.js';

const callers = new WeakMap<Request, VerifiedToken>();

/** Remembers who sent a request, for as long as the request lives. */
export function rememberCaller(request: Request, caller: VerifiedToken): void {
  callers.set(request, caller);
}

/** Who sent a request that the `Authenticated` guard has let pass. */
export function callerOf(request: Request): VerifiedToken {
  const caller = callers.get(request);
  if (caller === undefined) throw new TypeError('the route is not guarded by Authenticated');
  return caller;
}

/** The same, for what a request makes happen. */
export const callOf = (request: Request): Call => ({
  caller: callerOf(request).principal,
  causationId: requestIdOf(request),
});
