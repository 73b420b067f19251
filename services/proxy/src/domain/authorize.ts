import type { Clock } from '@drawbridge/kernel';
import { allows, describeRules, namesAllowed } from '@drawbridge/scope';
import { accessAttributes, goesThroughProxy } from './access-attributes.js';
import { describeCall } from './describe-call.js';
import { isDiscovery } from './discovery.js';
import type { KubeRequest, ResourceRequest } from './kube-request.js';
import type { EndedGrant, GrantEndReason, GrantsOfAgent, OpenGrant } from './open-grants.js';
import { requestLine } from './request-line.js';
import { isSelfReview } from './self-review.js';

/** Why a call of a known agent was refused. Closed; each stands in `docs/errors.md`. */
export type DenyReason =
  | 'no_grant'
  | 'grant_group_lost'
  | 'grant_not_started'
  | 'grant_key_required'
  | 'grant_key_wrong'
  | 'grant_run_wrong'
  | GrantEndReason
  | 'not_in_scope'
  | 'verb_unknown'
  | 'path_not_allowed'
  | 'proxy_subresource_refused'
  | 'token_request_refused'
  | 'evaluation_failed';

export type AllowReason = 'in_scope' | 'discovery' | 'self_review';

export type Decision =
  | {
      readonly effect: 'allow';
      readonly reason: AllowReason;
      readonly message: string;
      readonly grant: OpenGrant;
      /** The call is a list or watch, and nothing but objects with these names may be seen by it. */
      readonly onlyNames?: readonly string[];
    }
  | {
      readonly effect: 'deny';
      readonly reason: DenyReason;
      readonly message: string;
      /** The grant that the refusal speaks of: the call belongs to its session. */
      readonly grant?: OpenGrant;
    };

type Allowance = Extract<Decision, { effect: 'allow' }>;
type Denial = Extract<Decision, { effect: 'deny' }>;

/** Who asks, as far as it matters. */
export interface Caller {
  readonly grants: GrantsOfAgent;
  readonly connection: string;
  /** The groups that the caller's token names now. */
  readonly groups: readonly string[];
  /** The run of the agent that the token is for, where it says so. */
  readonly run: string | undefined;
  /** The connection that the call came on, for the key that was shown on it. */
  readonly client: { readonly shownKey: string | undefined };
  /** By it grants end. */
  readonly now: Date;
  /** By it a grant that was issued for later opens. @default `now` */
  readonly earliest?: Clock | undefined;
}

export interface Question extends Caller {
  readonly request: KubeRequest;
}

const MAX_LINES = 10;
const MAX_RULES_LENGTH = 2_000;

/** How far policy's clock may be ahead of ours when it opens a grant at once. */
const START_TOLERANCE_MS = 10_000;

/**
 * Whether one open grant allows the whole call. Deny is what is left when nothing says otherwise.
 *
 * The grant is looked for first, so that an agent without one learns nothing else; what no grant can allow
 * comes next; then the rules. Runs on every call: what is only needed for a refusal is made for a refusal.
 */
export function authorize(question: Question): Decision {
  const { request } = question;
  const open = openNow(question);
  const anyGrant = endingLast(open);
  if (anyGrant === undefined) return whyNone(question);
  if (request.kind === 'nonResource') return authorizePath(request, anyGrant);
  if (isSelfReview(request)) return authorizeReview(request, anyGrant);
  const never = neverAllowed(request);
  if (never !== undefined) return { ...never, grant: nearestOf(request, open) ?? anyGrant };
  return (
    authorizeByRules(request, open) ??
    filtered(request, open) ??
    notInScope(question, nearestOf(request, open) ?? anyGrant)
  );
}

function authorizeByRules(
  request: ResourceRequest,
  open: readonly OpenGrant[],
): Decision | undefined {
  const attributes = accessAttributes(request);
  for (const grant of open) {
    if (allows(grant.rules, attributes)) return allowed('in_scope', grant);
  }
  return undefined;
}

/** The grants that the caller can use now. Mostly these are all, and nothing has to be copied. */
export function openNow(caller: Caller): readonly OpenGrant[] {
  const { open } = caller.grants;
  for (const grant of open) {
    if (!isUsableBy(grant, caller)) return open.filter((other) => isUsableBy(other, caller));
  }
  return open;
}

function isUsableBy(grant: OpenGrant, caller: Caller): boolean {
  const { keyThumbprint } = grant;
  return isUsable(grant, caller, keyThumbprint && caller.client.shownKey);
}

/** @param key - the key that was shown; looked at only when the grant is bound to one */
export function isUsable(
  grant: OpenGrant,
  { groups, run, ...time }: Pick<Caller, 'now' | 'earliest' | 'groups' | 'run'>,
  key: string | undefined,
): boolean {
  if (!isOpen(grant, time) || !isStillCovered(grant, groups)) return false;
  if (grant.runId !== undefined && grant.runId !== run) return false;
  return grant.keyThumbprint === undefined || grant.keyThumbprint === key;
}

function isOpen(grant: OpenGrant, time: Pick<Caller, 'now' | 'earliest'>): boolean {
  return time.now.getTime() < grant.endsAtMs && hasStarted(grant, time);
}

/** A grant that was issued for later opens to the second; one for now must not wait for our clock to be as far. */
function hasStarted(
  { startsAtMs, issuedAtMs }: OpenGrant,
  { now, earliest }: Pick<Caller, 'now' | 'earliest'>,
): boolean {
  if (startsAtMs <= issuedAtMs) return now.getTime() >= startsAtMs - START_TOLERANCE_MS;
  return (earliest?.() ?? now).getTime() >= startsAtMs;
}

/** Whether who is in these groups may still use it. */
export function isStillCovered({ requiredGroups }: OpenGrant, groups: readonly string[]): boolean {
  return requiredGroups?.some((group) => groups.includes(group)) ?? true;
}

/** The grant that everything belongs to that no rule is about. */
export function endingLast(open: readonly OpenGrant[]): OpenGrant | undefined {
  let last = open[0];
  for (const grant of open) {
    if (last !== undefined && grant.endsAtMs > last.endsAtMs) last = grant;
  }
  return last;
}

const whyNone = (question: Question): Decision =>
  keyMissing(question) ??
  runWrong(question) ??
  groupLost(question) ??
  notStarted(question) ??
  noGrant(question);

/** A token alone, stolen or not, opens nothing that is bound to a key. */
function keyMissing({ grants, client, ...caller }: Question): Denial | undefined {
  const grant = grants.open.find((one) => isUsable(one, caller, one.keyThumbprint));
  if (grant === undefined) return undefined;
  const [reason, shown] =
    client.shownKey === undefined
      ? (['grant_key_required', 'no client certificate of this gateway was shown'] as const)
      : (['grant_key_wrong', 'the certificate that was shown is for another key'] as const);
  const message = `grant ${grant.grantId} is bound to the key of its agent, and ${shown}: let "drawbridge kubeconfig" set kubectl up, or ask POST /grants/${grant.grantId}/certificate`;
  return { ...deny(reason, message), grant };
}

/** A token of the same agent, made for another of its runs. */
function runWrong({ grants, ...caller }: Question): Denial | undefined {
  const grant = grants.open.find((one) =>
    isUsable(one, { ...caller, run: one.runId }, one.keyThumbprint),
  );
  if (grant === undefined) return undefined;
  const whose = caller.run === undefined ? 'says of no run that it is for it' : 'is for another';
  const message = `grant ${grant.grantId} is for one run of its agent, and your token ${whose}`;
  return { ...deny('grant_run_wrong', message), grant };
}

function groupLost({ grants, ...time }: Question): Denial | undefined {
  const grant = grants.open.find((one) => isOpen(one, time));
  if (grant === undefined) return undefined;
  const needed = grant.requiredGroups?.join(' or ') ?? '';
  const message = `grant ${grant.grantId} is for members of ${needed}, and your token no longer says that you are one`;
  return { ...deny('grant_group_lost', message), grant };
}

function notStarted({ grants, now, groups }: Question): Denial | undefined {
  const grant = grants.open.find(
    (one) => one.endsAtMs > now.getTime() && isStillCovered(one, groups),
  );
  if (grant === undefined) return undefined;
  const message = `grant ${grant.grantId} opens at ${new Date(grant.startsAtMs).toISOString()}`;
  return { ...deny('grant_not_started', message), grant };
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
    grant_used_up: 'was used as often as it allowed',
    grant_idle: 'ended because it was not used',
    bridges_raised: 'ended because the bridges were raised',
  };
  const message = `grant ${grant.grantId} ${how[reason]}. Ask for a new one: ${line}`;
  return { ...deny(reason, message), grant };
}

/** The grant that ended last; one whose time is over counts before any event says so. */
function endedBy({ open, lastEnded }: GrantsOfAgent, now: Date): EndedGrant | undefined {
  const over = open.find((grant) => grant.endsAtMs <= now.getTime());
  return over === undefined ? lastEnded : { grant: over, reason: 'grant_expired' };
}

function authorizePath(request: KubeRequest & { kind: 'nonResource' }, grant: OpenGrant): Decision {
  const reads = request.verb === 'get' || request.verb === 'head';
  if (reads && isDiscovery(request.path)) return allowed('discovery', grant);
  const message = `${describeCall(request)} is refused: of paths that are no resource only discovery, /version, /openapi and health may be read`;
  return { ...deny('path_not_allowed', message), grant };
}

/** The gateway answers these itself, whatever the grant. */
function authorizeReview(request: ResourceRequest, grant: OpenGrant): Decision {
  const { verb, name, subresource } = request;
  if (verb === 'create' && name === '' && subresource === '') return allowed('self_review', grant);
  return { ...deny('verb_unknown', 'a review can only be created'), grant };
}

/** Verbs that a call can have, and `*` for questions about all of them. */
const verbs = new Set(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']).add(
  'deletecollection',
);
const ANY = '*';

function neverAllowed(request: ResourceRequest): Denial | undefined {
  const { verb, method, verbInPath } = request;
  if (goesThroughProxy(request)) {
    return deny(
      'proxy_subresource_refused',
      `${describeCall(request)} is refused: what runs behind it can neither be judged nor recorded`,
    );
  }
  if (!verbs.has(verb) && verb !== ANY) {
    return deny('verb_unknown', `${verb === '' ? `method ${method}` : verb} has no meaning here`);
  }
  if (verbInPath && method !== 'GET' && method !== 'HEAD') {
    return deny('verb_unknown', `method ${method} has no meaning here`);
  }
  if (isCore(request, 'serviceaccounts') && isOrAny(request.subresource, 'token')) {
    return deny(
      'token_request_refused',
      'asking for a service account token is refused: it would be a cluster credential in your hands',
    );
  }
  return undefined;
}

/** Whether a call on this resource of the core group is meant; a question about `*` means it too. */
function isCore({ apiGroup, resource }: ResourceRequest, name: string): boolean {
  return isOrAny(resource, name) && isOrAny(apiGroup, '');
}

const isOrAny = (word: string, meant: string): boolean => word === meant || word === ANY;

/**
 * A list or watch that names no object, where rules name objects: allowed, and only these objects are shown. A
 * collection is never deleted that way.
 */
function filtered(request: ResourceRequest, open: readonly OpenGrant[]): Decision | undefined {
  if (!canBeFiltered(request)) return undefined;
  const attributes = accessAttributes(request);
  for (const grant of open) {
    const names = namesAllowed(grant.rules, attributes);
    if (names.length > 0) return inScopeOnly(grant, names);
  }
  return undefined;
}

function canBeFiltered({ verb, method, name, subresource }: ResourceRequest): boolean {
  const reads = verb === 'list' || verb === 'watch';
  return reads && method === 'GET' && name === '' && subresource === '';
}

function inScopeOnly(grant: OpenGrant, onlyNames: readonly string[]): Decision {
  const shown = shortly(onlyNames, ', ');
  const { message, ...decision } = allowed('in_scope', grant);
  return { ...decision, message: `${message}, which shows only ${shown}`, onlyNames };
}

function notInScope({ request, connection }: Question, grant: OpenGrant): Decision {
  const allowsOnly = shortly(describeRules(grant.rules), '; ');
  const message = `${describeCall(request)} is not in the scope of grant ${grant.grantId} (it allows only: ${allowsOnly}). To ask for it: ${requestLine(connection, request)}`;
  return { ...deny('not_in_scope', message), grant };
}

/** A grant may have thousands of lines; nobody reads them in a refusal. */
function shortly(lines: readonly string[], separator: string): string {
  const shown = lines.slice(0, MAX_LINES).join(separator);
  const more = lines.length > MAX_LINES ? `${separator}and more` : '';
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
/** Few words, because there is one for every call; what was called stands in the record beside it. */
const allowed = (reason: AllowReason, grant: OpenGrant): Allowance => ({
  effect: 'allow',
  reason,
  message: `allowed by grant ${grant.grantId}`,
  grant,
});
