import type {
  AccessRequestInput,
  AccessRequestView,
  AccessTerms,
  ApprovalRequirement,
  GrantLimits,
  RequestedRule,
  RequestedScope,
  ResolvedNames,
} from '@drawbridge/contracts';
import { describeLimits, describeResolved, selectorText } from '@drawbridge/scope';
import { showDuration } from '../input/duration.js';
import { alternativeTexts, factTexts, riskText } from './fact-text.js';
import { neutralise } from './neutralise.js';
import { questionLines } from './question-text.js';
import { fields, table } from './table.js';
import { ticketTexts } from './ticket-text.js';

/** A request in full, for people. */
export function requestText(view: AccessRequestView, now: Date): string {
  const { request } = view;
  return [
    `access request ${view.id}: ${statusText(view, now)}\n`,
    fields([
      ['requester', view.requester.subject],
      ['on behalf of', behalfText(view.terms ?? view.request)],
      ['connection', request.connection],
      ['scope', scopeText(request.scope)],
      ['duration', durationText(view)],
      ['from', request.startAt],
      ['limits', limitsText(view.terms ?? request)],
      ['bound to', (view.terms ?? request).keyThumbprint && 'the key of its agent'],
      ['break-glass', breakGlassText(view)],
      ['reason', request.reason],
      ['ticket', request.ticket],
      ['run', request.runId],
      ['policy', view.policy?.name],
      ['risk', view.risk && riskText(view.risk)],
      ['approvals', approvalsText(view)],
      ['grant', grantText(view)],
      ['more time', extensionText(view)],
    ]),
    ...ticketTexts(view.tickets),
    ...resolvedLines(view.resolved),
    ...(view.cuts ?? []).map(
      ({ field, asked, granted, why }) =>
        `  cut: ${neutralise(`${field}: asked for ${asked}, allowed ${granted}: ${why}`)}\n`,
    ),
    ...questionLines(view.questions),
    ...factTexts(view.facts),
    ...alternativeTexts(view.alternative),
    refusalText(view),
  ].join('');
}

/** What selectors and patterns stood for. */
export const resolvedLines = (resolved: readonly ResolvedNames[] = []): readonly string[] =>
  resolved.map((found) => `  selected: ${neutralise(describeResolved(found))}\n`);

/** For whom an agent asks, and whether they said so themselves. */
export function behalfText({
  onBehalfOf,
}: {
  readonly onBehalfOf?: AccessTerms['onBehalfOf'] | AccessRequestInput['onBehalfOf'];
}): string | undefined {
  if (onBehalfOf === undefined) return undefined;
  const { subject } = onBehalfOf;
  if (!('proof' in onBehalfOf)) return subject;
  const { email, proof } = onBehalfOf;
  return `${email ?? subject}${proof === 'token' ? '' : ', which nobody proved'}`;
}

/** How often a grant may be used; `undefined` when that is not limited. */
export const limitsText = ({ limits }: { readonly limits?: GrantLimits | undefined }) =>
  limits && describeLimits(limits);

/** Where the request stands, in a few words. */
export function statusText(
  { status, approval, decideBy, grant }: AccessRequestView,
  now: Date,
): string {
  if (status === 'pending') {
    const left = decideBy === undefined ? '' : `, ${leftText(decideBy, now)} left to decide`;
    return `pending: needs ${requirementText(approval)}${left}`;
  }
  if (status === 'granted' && grant !== undefined) {
    if (Date.parse(grant.startsAt) > now.getTime())
      return `granted, opens in ${leftText(grant.startsAt, now)}`;
    return `granted for another ${leftText(grant.endsAt, now)}`;
  }
  return status;
}

/** A list of requests, one line each. */
export const requestTable = (views: readonly AccessRequestView[], now: Date): string =>
  table(
    ['ID', 'STATUS', 'CONNECTION', 'SCOPE', 'REQUESTED', 'ENDS'],
    views.map(({ id, status, request, requestedAt, grant }) => [
      id,
      status,
      request.connection,
      scopeText(request.scope),
      `${showAge(requestedAt, now)} ago`,
      grant?.endsAt,
    ]),
  );

function scopeText(scope: RequestedScope): string {
  if ('rules' in scope) return scope.rules.map(ruleText).join('; ');
  const parameters = Object.entries(scope.parameters).map(([name, value]) => `${name}=${value}`);
  return [scope.action, ...parameters].join(' ');
}

/** One rule as it is, in one line. */
export const ruleText = ({
  verbs,
  apiGroups,
  resources,
  namespaces,
  namespaceSelector,
  resourceNames = [],
  resourceNamePatterns = [],
}: RequestedRule): string => {
  const names = [...resourceNames, ...resourceNamePatterns];
  return [
    `${verbs.join(',')} ${resources.join(',')}`,
    ...(apiGroups.every((group) => group === '')
      ? []
      : [`of ${apiGroups.map((group) => group || 'core').join(',')}`]),
    namespaceSelector === undefined
      ? `in ${namespaces?.join(',') ?? 'nothing'}`
      : `in namespaces with ${selectorText(namespaceSelector.matchLabels)}`,
    ...(names.length === 0 ? [] : [`named ${names.join(',')}`]),
  ].join(' ');
};

export function requirementText(approval: ApprovalRequirement | undefined): string {
  if (approval === undefined || approval.type === 'none') return 'no approval';
  if (approval.type === 'humans') return humansText(approval);
  const steps = approval.steps.map((step) =>
    step.type === 'humans' ? `${step.name}: ${humansText(step)}` : `${step.name}: ${step.webhook}`,
  );
  return steps.join(approval.order === 'sequential' ? ', then ' : ' and ');
}

const humansText = ({
  count,
  groups,
}: {
  readonly count: number;
  readonly groups: readonly string[];
}): string => `${count} ${count === 1 ? 'human' : 'humans'} of ${groups.join(' or ')}`;

function durationText({ request, terms }: AccessRequestView): string {
  const asked = showDuration(request.durationSeconds);
  const allowed = terms?.durationSeconds;
  return allowed === undefined || allowed === request.durationSeconds
    ? asked
    : `${showDuration(allowed)} (asked for ${asked})`;
}

const approvalsText = ({ approvals }: AccessRequestView): string | undefined =>
  approvals.length === 0
    ? undefined
    : approvals.map(({ approver, via, at }) => `${approver} by ${via} at ${at}`).join(', ');

function breakGlassText({ request, review }: AccessRequestView): string | undefined {
  if (request.breakGlass === undefined) return undefined;
  if (review === undefined) return 'nobody approves it; announced, and reviewed afterwards';
  const { completed, dueBy } = review;
  if (completed === undefined) return `waits for its review, due ${dueBy}`;
  return `${completed.verdict.replace('_', ' ')}, says ${completed.by}: ${completed.note}`;
}

const grantText = ({ grant }: AccessRequestView): string | undefined =>
  grant === undefined
    ? undefined
    : `${grant.id}, ${grant.startsAt} to ${grant.endedAt ?? grant.endsAt}`;

/** What became of the newest wish for more time; `undefined` when there was none. */
export function extensionText({ extension }: AccessRequestView): string | undefined {
  if (extension === undefined) return undefined;
  const { seconds, status, decideBy, approvals, refusal } = extension;
  const said = approvals.map(({ approver }) => approver).join(', ');
  const parts = [
    `${showDuration(seconds)}: ${status}`,
    ...(status === 'pending' && decideBy !== undefined ? [`until ${decideBy}`] : []),
    ...(said === '' ? [] : [`approved by ${said}`]),
    ...(refusal === undefined ? [] : [`${refusal.message} (${refusal.code})`]),
    ...(refusal?.suggestion === undefined ? [] : [`instead: ${refusal.suggestion}`]),
  ];
  return neutralise(parts.join(', '));
}

function refusalText({ refusal }: AccessRequestView): string {
  if (refusal === undefined) return '';
  const { code, message, suggestion } = refusal;
  const why = `  why: ${neutralise(message)} (${neutralise(code)})\n`;
  return suggestion === undefined ? why : `${why}  instead: ${neutralise(suggestion)}\n`;
}

const leftText = (instant: string, now: Date): string =>
  showDuration((new Date(instant).getTime() - now.getTime()) / 1000);

const showAge = (instant: string, now: Date): string => {
  const seconds = (now.getTime() - new Date(instant).getTime()) / 1000;
  const [first = '0s'] = showDuration(seconds).split(' ');
  return first;
};
