import type { Request, Response } from 'express';
import { principalId, type AccessRequestView } from '@drawbridge/contracts';
import { requirePrincipal } from '@drawbridge/runtime';
import { IngressRefused } from '../ingress-refused.js';
import { callerOf } from './caller-of.js';
import type { Ingress } from './ingress.js';

/** One request for a view, and where its answer goes. */
export interface ViewExchange {
  readonly request: Request;
  readonly response: Response;
  readonly id: string;
}

/**
 * The view as the caller may see it now. The token is verified again: it may have ended, and its issuer or
 * subject lost their trust, while the caller waited.
 */
export async function currentView(
  { verifier, requests }: Ingress,
  { request, id }: ViewExchange,
): Promise<AccessRequestView> {
  const { principal } = await requirePrincipal(request, verifier);
  return requests.find(id, principal);
}

/**
 * Takes one of the bounded places for waiting callers; it is given back when the exchange ends.
 *
 * @throws `too_many_waiters`, with `Retry-After`
 */
export function takePlace({ waits }: Ingress, { request, response }: ViewExchange): void {
  const leave = waits.enter(principalId(callerOf(request).principal));
  if (leave !== undefined) {
    // Who left while the view was read has closed already, and would keep the place for ever.
    if (response.destroyed) leave();
    else response.once('close', leave);
    return;
  }
  response.setHeader('Retry-After', '5');
  throw new IngressRefused('too_many_waiters', 'too many calls of yours are waiting already');
}

/** Changes with everything the caller can see: a grant ends by the clock, before an event says so. */
export const etagOf = ({ revision, status }: AccessRequestView): string =>
  `"${revision}-${status}"`;
