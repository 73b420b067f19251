import type {
  GuardedAgent,
  GuardedCall,
  GuardedConnection,
  GuardedExec,
  GuardedGrant,
  GuardedRequest,
} from '@drawbridge/guardrails';
import { claimsOf } from '@drawbridge/token';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { opensChannel } from '../domain/access-attributes.js';
import { parseKubeQuery, queryValue, type KubeQuery } from '../domain/kube-query.js';
import type { KubeRequest, ResourceRequest } from '../domain/kube-request.js';
import { isTrue } from '../domain/list-options.js';
import type { OpenGrant } from '../domain/open-grants.js';

/** What a call does not say of itself. */
export interface Circumstances {
  readonly connection: GuardedConnection;
  readonly now: Date;
  /** Where its query cannot say it. */
  readonly dryRun?: boolean;
}

/** What guardrails look at of a call; what costs something is made when a rule asks for it, once. */
export class CallUnderGuard implements GuardedCall {
  readonly agent: GuardedAgent;
  readonly grant: GuardedGrant;
  readonly request: GuardedRequest;
  readonly contentType: string;
  #query: KubeQuery | undefined;
  #exec: GuardedExec | undefined;

  readonly connection: GuardedConnection;
  readonly now: Date;

  constructor(
    private readonly call: Negotiated,
    { connection, now, dryRun = isDryRun(call) }: Circumstances,
  ) {
    const { kube, agent } = call;
    this.connection = connection;
    this.now = now;
    this.agent = guardedAgent(agent);
    this.grant = guardedGrant(call.grant);
    this.contentType = mediaTypeOf(call);
    this.request = kube.kind === 'resource' && kube.dryRun !== dryRun ? { ...kube, dryRun } : kube;
  }

  get query(): KubeQuery {
    return (this.#query ??= queryOf(this.call.kube));
  }

  get exec(): GuardedExec | undefined {
    const { kube } = this.call;
    if (kube.kind !== 'resource' || !opensChannel(kube)) return undefined;
    return (this.#exec ??= execOf(kube));
  }
}

/** Media type of the body in lower case, without parameters; `''` without a body. */
export function mediaTypeOf({ request }: Pick<Negotiated, 'request'>): string {
  if (request.announced === undefined) return '';
  const [type = ''] = (request.headers.value('content-type') ?? '').split(';', 1);
  return type.trim().toLowerCase();
}

/** The cluster reads a body of no type as JSON; so do we of no other type than that. */
export const isJson = (call: Pick<Negotiated, 'request'>): boolean => {
  const type = mediaTypeOf(call);
  return type === 'application/json' || type === '';
};

/** Verbs whose dry-run the cluster knows. */
const changing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const deleting = new Set(['delete', 'deletecollection']);

/**
 * Whether nothing can come of the call. Opening a channel has no dry-run, whatever its query says; and the cluster
 * does not read the query of a delete that has a body.
 */
export function isDryRun({ kube, request }: Pick<Negotiated, 'kube' | 'request'>): boolean {
  if (kube.kind !== 'resource' || !kube.dryRun || !changing.has(kube.verb)) return false;
  if (opensChannel(kube) || kube.subresource === 'proxy') return false;
  return !(deleting.has(kube.verb) && request.announced !== undefined);
}

/** Whether the body, and not the query, says if the call is a dry-run. */
export const saysDryRunInBody = ({ kube, request }: Pick<Negotiated, 'kube' | 'request'>) =>
  deleting.has(kube.verb) && request.announced !== undefined;

export function queryOf({ target }: KubeRequest): KubeQuery {
  const mark = target.indexOf('?');
  return mark === -1 ? [] : parseKubeQuery(target.slice(mark + 1));
}

/** What a call to exec or attach runs. */
export function execOf(kube: ResourceRequest): GuardedExec {
  const query = queryOf(kube);
  const argv = query.flatMap(([key, value]) => (key === 'command' ? [value] : []));
  return {
    // Attach and port-forward start nothing, whatever their query says.
    argv: kube.subresource === 'exec' ? argv : [],
    container: queryValue(query, 'container') ?? '',
    tty: isTrue(queryValue(query, 'tty')),
    stdin: isTrue(queryValue(query, 'stdin')),
  };
}

/** By the principal, which is the same object for every call with the same token. */
const agents = new WeakMap<Negotiated['agent'], GuardedAgent>();

function guardedAgent(principal: Negotiated['agent']): GuardedAgent {
  let agent = agents.get(principal);
  if (agent === undefined) {
    agent = { ...principal, claims: claimsOf(principal) };
    agents.set(principal, agent);
  }
  return agent;
}

const grants = new WeakMap<OpenGrant, GuardedGrant>();

function guardedGrant(grant: OpenGrant): GuardedGrant {
  let guarded = grants.get(grant);
  // Its end may have been put off since.
  if (guarded?.endsAt.getTime() !== grant.endsAtMs) {
    const { grantId, action, policy, ticket, reason, approvers, breakGlass } = grant;
    const { startsAtMs, endsAtMs } = grant;
    guarded = {
      ...{ grantId, action, policy, ticket, reason, approvers, breakGlass },
      ...{ startsAt: new Date(startsAtMs), endsAt: new Date(endsAtMs) },
    };
    grants.set(grant, guarded);
  }
  return guarded;
}
