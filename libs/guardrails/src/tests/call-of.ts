import type {
  GuardedAgent,
  GuardedCall,
  GuardedConnection,
  GuardedGrant,
  GuardedRequest,
} from '../guarded-call.js';
import type { DescribedCall } from './guardrail-test.js';

const GRANT_MS = 900_000;
/** A Wednesday morning, so that a test means the same on every day. */
const USUAL_NOW = '2026-01-07T10:00:00Z';

/** The call that a description means. Claims are empty unless they are given. */
export function callOf(described: DescribedCall): GuardedCall {
  const now = new Date(described.now ?? USUAL_NOW);
  const { exec, contentType = '', query = {} } = described;
  return {
    request: requestOf(described),
    contentType,
    query: Object.entries(query).flatMap(([key, values]) =>
      [values].flat().map((value) => [key, value] as const),
    ),
    agent: agentOf(described.agent),
    connection: connectionOf(described.connection),
    grant: grantOf(described.grant, now),
    now,
    ...(exec !== undefined && {
      exec: { container: '', tty: false, stdin: false, ...withoutUndefined(exec) },
    }),
  };
}

/** `over` on `under`, field by field; of agent, connection and grant each field by itself. */
export function mergeCalls(under: DescribedCall, over: DescribedCall): DescribedCall {
  return {
    ...under,
    ...over,
    agent: { ...under.agent, ...over.agent },
    connection: { ...under.connection, ...over.connection },
    grant: { ...under.grant, ...over.grant },
  };
}

function requestOf({ verb = 'get', path, ...described }: DescribedCall): GuardedRequest {
  if (path !== undefined) return { kind: 'nonResource', verb, path };
  const { apiGroup, apiVersion, resource, subresource, namespace, name, dryRun, fieldManager } =
    described;
  return {
    ...{ kind: 'resource', verb, apiGroup: '', apiVersion: 'v1', resource: '', subresource: '' },
    ...{ namespace: '', name: '', dryRun: false, fieldManager: '' },
    ...withoutUndefined({ apiGroup, apiVersion, resource, subresource, namespace, name }),
    ...withoutUndefined({ dryRun, fieldManager }),
  };
}

const agentOf = (agent: DescribedCall['agent'] = {}): GuardedAgent => ({
  ...{ kind: 'agent', issuer: 'https://issuer.test', subject: 'agent', groups: [], claims: {} },
  ...withoutUndefined(agent),
});

const connectionOf = (connection: DescribedCall['connection'] = {}): GuardedConnection => ({
  ...{ name: 'connection', environment: 'production', labels: {} },
  ...withoutUndefined(connection),
});

const grantOf = (grant: DescribedCall['grant'] = {}, now: Date): GuardedGrant => ({
  ...{ grantId: 'grant', policy: 'policy', reason: '', approvers: [] },
  ...{ startsAt: now, endsAt: new Date(now.getTime() + GRANT_MS) },
  ...withoutUndefined(grant),
});

type Defined<Of> = { [Key in keyof Of]: Exclude<Of[Key], undefined> };

function withoutUndefined<Of extends object>(value: Of): Defined<Of> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Defined<Of>;
}
