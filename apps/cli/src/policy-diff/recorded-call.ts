import type { AuditCommand, Principal } from '@drawbridge/contracts';
import type {
  GuardedCall,
  GuardedConnection,
  GuardedExec,
  GuardedGrant,
  GuardedRequest,
  LookedAt,
} from '@drawbridge/guardrails';
import type { PolicyDirectory } from '../policy/policy-files.js';

/** What the record does not say of a call. `names`: what it is on was cut or masked. */
export type Missing = LookedAt | 'names';

/** A call as it was judged, as far as the record tells. */
export interface RecordedCall {
  readonly call: GuardedCall;
  /** A rule that looks at one of these says nothing that could be relied on. Bodies are never there. */
  readonly missing: ReadonlySet<Missing>;
}

/** What a record says by reference only. */
export interface Surroundings {
  readonly grant: GuardedGrant | undefined;
  readonly connections: PolicyDirectory['connections'];
}

/** Records are cut there. */
const MAX_RECORDED = 2_048;
/** How every placeholder begins that a masked value gave way to, also in a path or query. */
const PLACEHOLDER = /drawbridge(:|%3a)masked(:|%3a)/i;

type Query = readonly (readonly [key: string, value: string])[];

/** Whether guardrails were asked about it, or would have been had there been any. */
export const reachesGuardrails = (command: AuditCommand): boolean =>
  command.agent !== undefined &&
  (command.decision?.effect === 'allow' || command.policyVersion !== undefined);

/** The call that was judged. */
export function recordedCall(
  command: AuditCommand & { readonly agent: Principal },
  surroundings: Surroundings,
): RecordedCall {
  const query: Query = [...new URLSearchParams(command.query)];
  const at = new Date(command.decidedAt ?? command.receivedAt);
  const connection = connectionOf(command, surroundings);
  const contentType = contentTypeOf(command);
  const dryRun = dryRunOf(command, query);
  const call: GuardedCall = {
    request: requestOf(command, query, dryRun ?? false),
    contentType: contentType ?? '',
    query,
    agent: command.agent,
    connection: connection ?? { name: command.connection, environment: '', labels: {} },
    grant: surroundings.grant ?? unknownGrant(command, at),
    now: at,
    exec: execOf(command, query),
  };
  const known: readonly (readonly [Missing, boolean])[] = [
    ['claims', false],
    ['connection', connection !== undefined],
    ['contentType', contentType !== undefined],
    ['dryRun', dryRun !== undefined],
    ['grant', surroundings.grant !== undefined],
    ['query', isWhole(command.query)],
    ['names', isWhole(command.path) && isWhole(command.name)],
  ];
  return { call, missing: new Set(known.flatMap(([fact, is]) => (is ? [] : [fact]))) };
}

const isWhole = (text: string): boolean => text.length < MAX_RECORDED && !PLACEHOLDER.test(text);

function requestOf(command: AuditCommand, query: Query, dryRun: boolean): GuardedRequest {
  const { verb, path, resource } = command;
  if (resource === '') return { kind: 'nonResource', verb, path };
  const { apiGroup, apiVersion, subresource, namespace, name } = command;
  const fieldManager = valueOf(query, 'fieldManager') ?? '';
  return {
    ...{ kind: 'resource', verb, apiGroup, apiVersion, resource, subresource, namespace, name },
    ...{ dryRun, fieldManager },
  };
}

const changing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const opened = new Set(['exec', 'attach', 'portforward', 'proxy']);

/**
 * As the gateway reads it. Of a delete with a body the body says it, which is recorded where a guardrail was about such
 * deletes; otherwise nobody has read it.
 */
function dryRunOf(command: AuditCommand, query: Query): boolean | undefined {
  const { verb, subresource, dryRun } = command;
  if (!changing.has(verb) || opened.has(subresource)) return false;
  if (dryRun !== undefined) return dryRun;
  const asks = valueOf(query, 'dryRun') !== undefined;
  const isDelete = verb === 'delete' || verb === 'deletecollection';
  return !isDelete || hadNoBody(command) || command.rule !== undefined ? asks : undefined;
}

/** Without one in a record that would tell it, there was no body. */
function contentTypeOf(command: AuditCommand): string | undefined {
  const { contentType, policyVersion } = command;
  if (contentType !== undefined) return contentType;
  return policyVersion !== undefined || hadNoBody(command) ? '' : undefined;
}

const hadNoBody = ({ method, outcome, requestBytes }: AuditCommand): boolean =>
  method === 'GET' || method === 'HEAD' || (outcome === 'completed' && requestBytes === 0);

/** Environment and labels as they are configured now: the record has only the name. */
function connectionOf(
  { connection: name }: AuditCommand,
  { connections }: Surroundings,
): GuardedConnection | undefined {
  const found = connections.find(({ metadata }) => metadata.name === name);
  if (found === undefined) return undefined;
  return { name, environment: found.spec.environment, labels: found.metadata.labels };
}

const unknownGrant = ({ grantId = '' }: AuditCommand, at: Date): GuardedGrant => ({
  ...{ grantId, policy: '', reason: '', approvers: [], startsAt: at, endsAt: at },
});

const channels = new Set(['exec', 'attach', 'portforward']);

function execOf({ subresource }: AuditCommand, query: Query): GuardedExec | undefined {
  if (!channels.has(subresource)) return undefined;
  const argv = query.flatMap(([key, value]) => (key === 'command' ? [value] : []));
  return {
    argv: subresource === 'exec' ? argv : [],
    container: valueOf(query, 'container') ?? '',
    tty: isTrue(valueOf(query, 'tty')),
    stdin: isTrue(valueOf(query, 'stdin')),
  };
}

const valueOf = (query: Query, key: string): string | undefined =>
  query.find(([candidate]) => candidate === key)?.[1];

/** As Kubernetes reads flags in a query: there, and not said to be off. */
const isTrue = (value: string | undefined): boolean =>
  value !== undefined && value !== '0' && value.toLowerCase() !== 'false';
