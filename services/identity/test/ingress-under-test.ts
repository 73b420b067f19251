import type { INestApplication } from '@nestjs/common';
import { createHttpApp, createLogger, startHttpApp } from '@drawbridge/runtime';
import { InMemoryEventStore } from '@drawbridge/testing';
import type { AccessEvent, StopEvent } from '@drawbridge/contracts';
import { Agents, type AgentsOptions } from '../src/agents.js';
import { DisabledAgents } from '../src/domain/disabled-agents.js';
import { AccessRequests, type AccessRequestsOptions } from '../src/access-requests.js';
import { RateLimit } from '../src/domain/rate-limit.js';
import { apiDocument } from '../src/http/api-document.js';
import type { Ingress } from '../src/http/ingress.js';
import { IdentityModule } from '../src/identity.module.js';
import { identityStatus } from '../src/ingress-refused.js';
import { AccessViews } from '../src/views/access-views.js';
import { OpenWaits } from '../src/views/open-waits.js';
import { InMemoryBucket } from './in-memory-bucket.js';
import { agent } from './sample-events.js';

/** The HTTP part alone, over parts that a test may replace: for failures that real parts rarely have. */
export async function startIngressUnderTest(
  change: (honest: Ingress) => Partial<Ingress> = () => ({}),
): Promise<{ app: INestApplication; url: string }> {
  const honest = honestIngress();
  const ingress = { ...honest, ...change(honest) };
  const logger = createLogger('ingress', { level: 'fatal' });
  const app = await createHttpApp(IdentityModule.of(ingress), {
    logger,
    statuses: identityStatus,
    health: {},
  });
  return { app, url: await startHttpApp(app, { host: '127.0.0.1', port: 0 }) };
}

/** Access requests over an event store that a test may break. */
export const requestsOver = (change: Partial<AccessRequestsOptions>): AccessRequests =>
  new AccessRequests({
    store: new InMemoryEventStore<AccessEvent>(),
    views: new AccessViews(),
    openRequests: new InMemoryBucket(),
    clock: () => new Date(),
    readerGroups: [],
    maxOpenRequests: 100,
    ...change,
  });

/** The switch of agents over a store that a test may break; whoever is in `admins` may use it. */
export const agentsOver = (change: Partial<AgentsOptions> = {}): Agents =>
  new Agents({
    store: new InMemoryEventStore<StopEvent>(),
    disabled: new DisabledAgents(),
    isTrusted: () => true,
    onChange: () => undefined,
    adminGroups: ['admins'],
    clock: () => new Date(),
    ...change,
  });

function honestIngress(): Ingress {
  const views = new AccessViews();
  const unlimited = { burst: 1_000_000, perMinute: 1_000_000 };
  return {
    verifier: {
      verify: () =>
        Promise.resolve({ principal: agent, expiresAt: new Date(Date.now() + 600_000) }),
    },
    requests: requestsOver({ views }),
    agents: agentsOver(),
    views,
    follower: { whenCurrent: () => Promise.resolve(true) },
    explain: () => Promise.reject(new Error('not used')),
    submissions: new RateLimit(unlimited),
    calls: new RateLimit(unlimited),
    waits: new OpenWaits({ total: 10, perCaller: 10 }),
    clock: () => new Date(),
    readerGroups: [],
    adminGroups: [],
    refreshTrust: () => Promise.resolve(),
    discovery: () => Promise.reject(new Error('not used')),
    document: () => apiDocument('http://127.0.0.1'),
    trust: () => {
      throw new Error('not used');
    },
    stopping: new AbortController().signal,
  };
}
