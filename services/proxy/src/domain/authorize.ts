import { allows, describeRules } from '@drawbridge/scope';
import { accessAttributes, goesThroughProxy, opensChannel } from './access-attributes.js';
import { describeCall } from './describe-call.js';
import type { KubeRequest, ResourceRequest } from './kube-request.js';
import type { EndedGrant, GrantEndReason, GrantsOfAgent, OpenGrant } from './open-grants.js';
import { requestLine } from './request-line.js';

/** Why a call of a known agent was refused. Closed; each stands in `docs/errors.md`. */
export type DenyReason =
  | 'no_grant'
  | 'grant_group_lost'
  | GrantEndReason
  | 'not_in_scope'
  | 'verb_unknown'
  | 'path_not_allowed'
  | 'proxy_subresource_refused'
  | 'token_request_refused'
  | 'self_review_unsupported'
  | 'upgrade_unsupported'
  | 'masking_unavailable'
  | 'evaluation_failed';

export type Decision =
  | {
      readonly effect: 'allow';
      readonly reason: 'in_scope' | 'discovery';
      readonly message: string;
      readonly grant: OpenGrant;
    }
  | {
      readonly effect: 'deny';
      readonly reason: DenyReason;
      readonly message: string;
      /** The grant that the refusal speaks of: the call belongs to its session. */
      readonly grant?: OpenGrant;
    };

type Denial = Extract<Decision, { effect: 'deny' }>;

export interface Question {
  readonly request: KubeRequest;
  readonly grants: GrantsOfAgent;
  readonly connection: string;
  /** The groups that the caller's token names now. */
  readonly groups: readonly string[];
  readonly now: Date;
}

const MAX_LINES = 10;
const MAX_RULES_LENGTH = 2_000;

/** How far policy's clock may be ahead of ours when it opens a grant at once. */
const START_TOLERANCE_MS = 10_000;

/**
 * Whether one open grant allows the whole call. Deny is what is left when nothing says otherwise.
 *
 * The grant is looked for first, so that an agent without one learns nothing else; what no grant can allow
 * comes next; then the rules; last what the rules allow but this version cannot let through safely.
 */
export function authorize(question: Question): Decision {
  const { request, grants, connection, now } = question;
  const inTime = grants.open.filter((grant) => isOpen(grant, now));
  const open = inTime.filter((grant) => isStillCovered(grant, question.groups));
  const [anyGrant] = open.toSorted((one, other) => other.endsAtMs - one.endsAtMs);
  if (anyGrant === undefined) return groupLost(inTime) ?? noGrant(question);
  if (request.kind === 'nonResource') return authorizePath(request, anyGrant);
  const nearest = nearestOf(request, open) ?? anyGrant;
  const never = neverAllowed(request);
  if (never !== undefined) return { ...never, grant: nearest };
  const attributes = accessAttributes(request);
  const grant = open.find(({ rules }) => allows(rules, attributes));
  if (grant === undefined) return notInScope(request, nearest, connection);
  const unsafe = notYetSafe(request);
  if (unsafe !== undefined) return { ...unsafe, grant };
  return allowed('in_scope', grant, describeCall(request));
}

function isOpen(grant: OpenGrant, now: Date): boolean {
  const time = now.getTime();
  return time < grant.endsAtMs && time >= grant.startsAtMs - START_TOLERANCE_MS;
}

function isStillCovered({ requiredGroups }: OpenGrant, groups: readonly string[]): boolean {
  return requiredGroups?.some((group) => groups.includes(group)) ?? true;
}

function groupLost([grant]: readonly OpenGrant[]): Denial | undefined {
  if (grant === undefined) return undefined;
  const needed = grant.requiredGroups?.join(' or ') ?? '';
  const message = `grant ${grant.grantId} is for members of ${needed}, and your token no longer says that you are one`;
  return { ...deny('grant_group_lost', message), grant };
}

function noGrant({ request, grants, connection, now }: Question): Decision {
  const ended = endedBy(grants, now);
  const line = requestLine(connection, request);
  if (ended === undefined) {
    return deny(
      'no_grant',
      `you have no open grant on connection ${connection}. Ask for one: ${line}`,
    );
  }
  const { grant, reason } = ended;
  const instant = new Date(grant.endsAtMs).toISOString();
  const how = {
    grant_expired: `ended at ${instant}`,
    grant_revoked: 'was revoked',
    grant_withdrawn: 'was withdrawn',
  };
  const message = `grant ${grant.grantId} ${how[reason]}. Ask for a new one: ${line}`;
  return { ...deny(reason, message), grant };
}

/** The grant that ended last; one whose time is over counts before any event says so. */
function endedBy({ open, lastEnded }: GrantsOfAgent, now: Date): EndedGrant | undefined {
  const over = open.find((grant) => grant.endsAtMs <= now.getTime());
  return over === undefined ? lastEnded : { grant: over, reason: 'grant_expired' };
}

/** As ClusterRole `system:discovery`, which every authenticated user of a cluster has. */
const discovery =
  /^\/(?:api(?:\/.+)?|apis(?:\/.+)?|version|openapi(?:\/.+)?|healthz|livez|readyz)$/;

function authorizePath(request: KubeRequest & { kind: 'nonResource' }, grant: OpenGrant): Decision {
  const call = describeCall(request);
  const reads = request.verb === 'get' || request.verb === 'head';
  if (reads && discovery.test(request.path)) return allowed('discovery', grant, call);
  const message = `${call} is refused: of paths that are no resource only discovery, /version, /openapi and health may be read`;
  return { ...deny('path_not_allowed', message), grant };
}

function neverAllowed(request: ResourceRequest): Denial | undefined {
  const { verb, method, verbInPath, resource, subresource, apiGroup } = request;
  const reads = method === 'GET' || method === 'HEAD';
  if (goesThroughProxy(request)) {
    return deny(
      'proxy_subresource_refused',
      `${describeCall(request)} is refused: what runs behind it can neither be judged nor recorded`,
    );
  }
  if (verb === '' || (verbInPath && !reads)) {
    return deny('verb_unknown', `method ${method} has no meaning here`);
  }
  if (apiGroup === '' && resource === 'serviceaccounts' && subresource === 'token') {
    return deny(
      'token_request_refused',
      'asking for a service account token is refused: it would be a cluster credential in your hands',
    );
  }
  if (selfReviews.has(`${apiGroup}/${resource}`)) {
    return deny(
      'self_review_unsupported',
      'the cluster would answer for the gateway, not for you. What you may do stands in your grant: drawbridge status',
    );
  }
  return undefined;
}

const selfReviews = new Set([
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authentication.k8s.io/selfsubjectreviews',
]);

function notYetSafe(request: ResourceRequest): Denial | undefined {
  if (request.apiGroup === '' && request.resource === 'secrets') {
    return deny(
      'masking_unavailable',
      'your grant allows this, but secrets are not let through until their values can be masked',
    );
  }
  if (opensChannel(request)) {
    return deny(
      'upgrade_unsupported',
      'your grant allows this, but exec, attach and port-forward are not let through until they can be recorded',
    );
  }
  return undefined;
}

function notInScope(request: ResourceRequest, grant: OpenGrant, connection: string): Decision {
  const allowsOnly = shortly(describeRules(grant.rules));
  const message = `${describeCall(request)} is not in the scope of grant ${grant.grantId} (it allows only: ${allowsOnly}). To ask for it: ${requestLine(connection, request)}`;
  return { ...deny('not_in_scope', message), grant };
}

/** A grant may have thousands of lines; nobody reads them in a refusal. */
function shortly(lines: readonly string[]): string {
  const shown = lines.slice(0, MAX_LINES).join('; ');
  const more = lines.length > MAX_LINES ? '; and more' : '';
  return shown.length > MAX_RULES_LENGTH
    ? `${shown.slice(0, MAX_RULES_LENGTH)}…`
    : `${shown}${more}`;
}

/** The grant to quote: one that speaks of this resource, then one of this namespace, then any. */
function nearestOf(request: ResourceRequest, open: readonly OpenGrant[]): OpenGrant | undefined {
  const speaks = (test: (rule: OpenGrant['rules'][number]) => boolean) =>
    open.find(({ rules }) => rules.some(test));
  return (
    speaks(({ resources }) => resources.some((name) => name.split('/')[0] === request.resource)) ??
    speaks(({ namespaces }) => namespaces.includes(request.namespace)) ??
    open[0]
  );
}

const deny = (reason: DenyReason, message: string): Denial => ({
  effect: 'deny',
  reason,
  message,
});
const allowed = (reason: 'in_scope' | 'discovery', grant: OpenGrant, call: string): Decision => ({
  effect: 'allow',
  reason,
  message: `${call}: allowed by grant ${grant.grantId}`,
  grant,
});
