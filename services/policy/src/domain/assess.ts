import type {
  AccessRequestInput,
  ApprovalRequirement,
  Behalf,
  Cut,
  GrantLimits,
  Principal,
  Rule,
} from '@drawbridge/contracts';
import {
  cutToNamespaces,
  describeRule,
  describeRules,
  hasKnownOwner,
  namespacesOutside,
  partiesOf,
  partOutside,
} from '@drawbridge/scope';
import type { AutoApproval } from './conditions.js';
import { behalfDenial } from './behalf-denial.js';
import { breakGlassNotAllowed } from './break-glass.js';
import { isDenial, quoteAny, type Denial } from './denial.js';
import { limitGrant, missingLimit } from './limit-grant.js';
import { startDenial } from './limit-start.js';
import type { Policy } from './policy-set.js';
import { whyNobodyApproves, type Known } from './require-approvers.js';

const MAX_SUGGESTED_RULES = 5;

/** A request whose scope is known in rules. */
export interface Asked {
  readonly request: AccessRequestInput;
  readonly requester: Principal;
  readonly rules: readonly Rule[];
  /** Set when an action was asked for by name; then the policy's own rules are no limit. */
  readonly action?: string;
  /** For whom it is asked; absent: for the requester itself. */
  readonly behalf?: Behalf;
  /** When it is judged; absent: how far ahead its start is cannot be told, and is not asked. */
  readonly judgedAt?: string;
  /** Some names were looked up for it; `hidden`: so many more namespaces were meant that no policy of theirs covers. */
  readonly selected?: { readonly hidden: number };
  /** Absent: whether anybody can approve is not asked. */
  readonly known?: Known;
  /** Whether a policy asks nobody for this after all; absent: none does. */
  readonly autoApproval?: (policy: Policy, allowance: Allowance) => AutoApproval;
}

/** What one policy would grant. */
export interface Allowance {
  readonly rules: readonly Rule[];
  readonly durationSeconds: number;
  readonly limits?: GrantLimits;
  readonly cuts: readonly Cut[];
  /** What became of the conditions under which nobody is asked; absent where there are none. */
  readonly auto?: AutoApproval;
}

/** A no from one policy; the more checks were passed, the closer the request was. */
export interface Shortfall {
  readonly denial: Denial;
  readonly passed: number;
}

type Check = (policy: Policy, asked: Asked, allowance: Allowance) => Allowance | Denial;

/** From the coarse to the fine: a request that fails late needs the smallest change. */
const checks: readonly Check[] = [
  allowBehalf,
  limitNamespaces,
  refuseWide,
  limitDuration,
  limitStart,
  requireReason,
  requireTicket,
  limitUse,
  tryAutoApproval,
  requireOwner,
  requireApprovers,
];

/** What a single policy says to a request, as if there were no other. */
export function assess(policy: Policy, asked: Asked): Allowance | Shortfall {
  const { durationSeconds } = asked.request;
  let allowance: Allowance = { rules: asked.rules, durationSeconds, cuts: [] };
  for (const [passed, check] of checks.entries()) {
    const result = check(policy, asked, allowance);
    if (isDenial(result)) return { denial: result, passed };
    allowance = result;
  }
  return allowance;
}

/** Whether agents may ask for others here at all; what those others may have is another policy's matter. */
function allowBehalf(policy: Policy, { behalf, request }: Asked, allowance: Allowance) {
  if (behalf === undefined) return allowance;
  // Whoever needs no approver asks for themself.
  if (request.breakGlass !== undefined) return breakGlassNotAllowed(' on behalf of somebody');
  return behalfDenial(policy, behalf.proof) ?? allowance;
}

function limitNamespaces(
  policy: Policy,
  { selected = { hidden: 0 } }: Asked,
  allowance: Allowance,
): Allowance | Denial {
  const { rules, cuts } = allowance;
  const more = selected.hidden === 0 ? [] : [`${selected.hidden} more`];
  const outside = [
    ...namespacesOutside(rules, policy.namespaces).map(nameNamespace),
    ...(policy.namespaces.includes('*') ? [] : more),
  ];
  if (outside.length === 0) return allowance;
  const remaining = cutToNamespaces(rules, policy.namespaces);
  const covered = policy.namespaces.join(', ');
  const why = `policy "${policy.name}" covers ${covered}`;
  if (remaining.length === 0 || policy.whenTooWide === 'refuse') {
    return {
      code: 'namespace_not_allowed',
      message: `${why}, not ${outside.join(', ')}`,
      suggestion: `Ask for namespace ${quoteAny(policy.namespaces)} only.`,
    };
  }
  const asked = [...new Set(rules.flatMap((rule) => rule.namespaces)), ...more];
  const granted = [...new Set(remaining.flatMap((rule) => rule.namespaces))];
  const cut = { field: 'namespaces', asked: asked.join(', '), granted: granted.join(', '), why };
  return { ...allowance, rules: remaining, cuts: [...cuts, cut] };
}

function nameNamespace(namespace: string): string {
  return namespace === '*' ? 'every namespace' : namespace;
}

function refuseWide(policy: Policy, asked: Asked, allowance: Allowance): Allowance | Denial {
  if (asked.action !== undefined) return allowance;
  const outside = partOutside(allowance.rules, policy.rules);
  if (outside === undefined) return allowance;
  const lines = describeRules(policy.rules);
  const more = lines.length > MAX_SUGGESTED_RULES ? ' and more' : '';
  // Rules that were cut away are not in the allowance; the requester counts them.
  const kept = [...asked.rules.keys()].filter(
    (index) => cutToNamespaces(asked.rules.slice(index, index + 1), policy.namespaces).length > 0,
  );
  const number = (kept[outside.index] ?? outside.index) + 1;
  return {
    code: 'scope_too_wide',
    message: `rule ${number} is wider than policy "${policy.name}" allows: ${describeRule(tellable(asked, outside.part))}`,
    suggestion: `Leave that out; you may ask to ${lines.slice(0, MAX_SUGGESTED_RULES).join('; ')}${more}.`,
  };
}

/** A pattern must not tell the names of what its requester may not ask for. */
function tellable({ selected }: Asked, { resourceNames, ...part }: Rule): Rule {
  if (selected !== undefined || resourceNames === undefined) return part;
  return { ...part, resourceNames };
}

function limitDuration(policy: Policy, { request }: Asked, allowance: Allowance) {
  const { maxDurationSeconds, name, whenTooWide } = policy;
  if (request.durationSeconds <= maxDurationSeconds) return allowance;
  const why = `policy "${name}" allows at most ${maxDurationSeconds} s`;
  if (whenTooWide === 'refuse') {
    return {
      code: 'duration_too_long',
      message: `${why}, not ${request.durationSeconds} s`,
      suggestion: `Ask for ${maxDurationSeconds} s or less.`,
    } satisfies Denial;
  }
  const cut = {
    field: 'durationSeconds',
    asked: String(request.durationSeconds),
    granted: String(maxDurationSeconds),
    why,
  };
  return {
    ...allowance,
    durationSeconds: maxDurationSeconds,
    cuts: [...allowance.cuts, cut],
  };
}

function limitStart(policy: Policy, { request, judgedAt }: Asked, allowance: Allowance) {
  const { durationSeconds } = allowance;
  return startDenial(policy, { ...request, durationSeconds }, judgedAt) ?? allowance;
}

function requireReason(policy: Policy, { request }: Asked, allowance: Allowance) {
  const { minLength, pattern } = policy.reason;
  if (Array.from(request.reason).length < minLength) {
    return {
      code: 'reason_too_short',
      message: `policy "${policy.name}" wants a reason of at least ${minLength} characters`,
      suggestion: 'Say what is wrong and what you are going to do about it.',
    } satisfies Denial;
  }
  if (pattern === undefined || pattern.matches(request.reason)) return allowance;
  return {
    code: 'reason_not_accepted',
    message: `the reason does not match ${pattern.source}, as policy "${policy.name}" wants`,
    suggestion: `Give a reason that matches ${pattern.source}.`,
  } satisfies Denial;
}

function requireTicket(policy: Policy, { request }: Asked, allowance: Allowance) {
  const { required, pattern } = policy.ticket;
  const form = pattern === undefined ? '' : ` that matches ${pattern.source}`;
  if (request.ticket === undefined) {
    if (!required) return allowance;
    return {
      code: 'ticket_missing',
      message: `policy "${policy.name}" wants a ticket`,
      suggestion: `Name a ticket${form}.`,
    } satisfies Denial;
  }
  if (pattern === undefined || pattern.matches(request.ticket)) return allowance;
  return {
    code: 'ticket_not_accepted',
    message: `the ticket does not match ${pattern.source}, as policy "${policy.name}" wants`,
    suggestion: `Name a ticket${form}.`,
  } satisfies Denial;
}

function limitUse(policy: Policy, { request }: Asked, allowance: Allowance): Allowance | Denial {
  const missing = missingLimit(policy, request);
  if (missing !== undefined) return missing;
  const { limits, cuts } = limitGrant(policy, request);
  return {
    ...allowance,
    ...(limits !== undefined && { limits }),
    cuts: [...allowance.cuts, ...cuts],
  };
}

function tryAutoApproval(policy: Policy, { autoApproval }: Asked, allowance: Allowance) {
  if (policy.approval.type === 'none' || autoApproval === undefined) return allowance;
  return { ...allowance, auto: autoApproval(policy, allowance) };
}

/** While a place is still to be asked for, it is taken to be there: the judgement is repeated when that is known. */
const asksNobody = ({ type }: ApprovalRequirement, { auto }: Allowance): boolean =>
  type === 'none' || auto?.rule !== undefined || auto?.wants !== undefined;

/** Where the owner may not approve, somebody must be known to be it. */
function requireOwner({ name, approval }: Policy, { requester }: Asked, allowance: Allowance) {
  if (approval.type === 'none' || asksNobody(approval, allowance)) return allowance;
  if (!approval.excludeOwner || hasKnownOwner(requester)) return allowance;
  return {
    code: 'owner_unknown',
    message: `policy "${name}" wants an approver who is not your owner, and you have no known owner`,
    suggestion: 'Have an owner set for you at the identity provider or in the issuer document.',
  } satisfies Denial;
}

function requireApprovers(policy: Policy, { requester, known }: Asked, allowance: Allowance) {
  if (known === undefined || asksNobody(policy.approval, allowance)) return allowance;
  return whyNobodyApproves(policy, partiesOf(requester), known) ?? allowance;
}
