import type { Request, Response } from 'express';
import { principalId, type DrawbridgeDiscovery, type TrustStatus } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import type { TokenVerifier } from '@drawbridge/token';
import type { Agents } from '../agents.js';
import type { AccessRequests } from '../access-requests.js';
import type { RateLimit } from '../domain/rate-limit.js';
import { IngressRefused } from '../ingress-refused.js';
import type { AskPolicy } from '../nats/ask-policy.js';
import type { ViewFollower } from '../nats/follow-views.js';
import type { AccessViews } from '../views/access-views.js';
import type { OpenWaits } from '../views/open-waits.js';
import { callerOf } from './caller-of.js';

/** What the controllers work with. */
export interface Ingress {
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly requests: AccessRequests;
  readonly agents: Agents;
  readonly views: AccessViews;
  readonly follower: Pick<ViewFollower, 'whenCurrent'>;
  readonly explain: AskPolicy;
  readonly submissions: RateLimit;
  readonly calls: RateLimit;
  readonly waits: OpenWaits;
  readonly clock: Clock;
  readonly discovery: () => Promise<DrawbridgeDiscovery>;
  /** The OpenAPI document. */
  readonly document: () => object;
  readonly trust: () => TrustStatus;
  /** Asks issuers and directories now; resolves when that is done. */
  readonly refreshTrust: () => Promise<void>;
  /** Humans in these groups may read everything. */
  readonly readerGroups: readonly string[];
  /** Humans in these groups may stop things. */
  readonly adminGroups: readonly string[];
  /** Aborted when the service stops: nobody waits any longer. */
  readonly stopping: AbortSignal;
}

/** Nest's injection token of {@link Ingress}. */
export const INGRESS = Symbol('ingress');

/** How long a call waits for the views while NATS is away, before it is told so. */
const PATIENCE_MS = 2_000;

/**
 * Counts a call against the caller's limits.
 *
 * @throws `too_many_requests`, with `Retry-After`
 */
export function countCall(
  limit: RateLimit,
  { request, response }: { request: Request; response: Response },
  now: Date,
): void {
  const seconds = limit.take(principalId(callerOf(request).principal), now);
  if (seconds === undefined) return;
  response.setHeader('Retry-After', String(seconds));
  const message = `too many calls: try again in ${seconds} seconds`;
  throw new IngressRefused('too_many_requests', message);
}

/** @throws `access_requests_unavailable` while the views are behind the event stream */
export async function requireCurrent({ follower }: Pick<Ingress, 'follower'>): Promise<void> {
  if (await follower.whenCurrent(PATIENCE_MS)) return;
  const message = 'access requests cannot be read right now: try again';
  throw new IngressRefused('access_requests_unavailable', message);
}
