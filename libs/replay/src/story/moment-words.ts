import type {
  AccessEvent,
  AccessEventData,
  AccessEventType,
  ApprovalRequirement,
} from '@drawbridge/contracts';
import { describeRules } from '@drawbridge/scope';
import { durationWords } from './duration-words.js';
import { personName } from './person.js';

/** What an event says: in words, and by whom where its data tells that better than its envelope. */
export interface MomentWords {
  readonly words: string;
  readonly by?: string;
}

type Words = { readonly [Type in AccessEventType]: (data: AccessEventData<Type>) => MomentWords };

const quoted = (text: string | undefined): string => (text === undefined ? '' : `: "${text}"`);
const inRound = (round: number | undefined): string =>
  round === undefined || round === 1 ? '' : ` (more time, round ${round})`;
const inStep = (step: string | undefined): string =>
  step === undefined ? '' : ` in step "${step}"`;
const viaWords = (via: string): string =>
  ({ slack: 'in Slack', http: 'by API', step_up: 'after a fresh login' })[via] ?? `by ${via}`;

function needs(approval: ApprovalRequirement): string {
  if (approval.type === 'none') return 'nobody has to be asked';
  if (approval.type === 'humans') return `needs ${approval.count} of ${approval.groups.join(', ')}`;
  const steps = approval.steps.map((step) =>
    step.type === 'ticket'
      ? `"${step.name}" by ticket system ${step.webhook}`
      : `"${step.name}" ${step.count} of ${step.groups.join(', ')}`,
  );
  return `needs ${steps.join(approval.order === 'sequential' ? ', then ' : ' and ')}`;
}

function requested({ requester, request }: AccessEventData<'AccessRequested'>): MomentWords {
  const { connection, durationSeconds, reason, ticket, breakGlass } = request;
  const how = breakGlass === true ? 'broke the glass for' : 'asked for';
  const forTicket = ticket === undefined ? '' : ` (${ticket})`;
  return {
    by: personName(requester),
    words: `${how} ${durationWords(durationSeconds)} on ${connection}: "${reason}"${forTicket}`,
  };
}

function validated(data: AccessEventData<'AccessRequestValidated'>): MomentWords {
  const { policy, approval, risk, cuts, autoApproved } = data;
  const cut = cuts.map(({ field, asked, granted }) => `; cut ${field}: ${asked} to ${granted}`);
  const auto = autoApproved === undefined ? '' : `, by rule "${autoApproved}"`;
  return {
    words: `found it valid by policy ${policy.name}, risk ${risk.level}: ${needs(approval)}${auto}${cut.join('')}`,
  };
}

function approved(data: AccessEventData<'ApprovalGiven'>): MomentWords {
  const { approver, via, step, comment, narrow, round } = data;
  const narrowed = [
    ...(narrow?.durationSeconds === undefined
      ? []
      : [`for ${durationWords(narrow.durationSeconds)} only`]),
    ...(narrow?.rules === undefined ? [] : [`only to ${describeRules(narrow.rules).join('; ')}`]),
  ];
  const less = narrowed.length === 0 ? '' : `, ${narrowed.join(', ')}`;
  return {
    by: personName(approver),
    words: `approved ${viaWords(via)}${inStep(step)}${inRound(round)}${less}${quoted(comment)}`,
  };
}

function issued({ grantId, endsAt, approvers }: AccessEventData<'GrantIssued'>): MomentWords {
  const by = approvers.length === 0 ? 'nobody' : approvers.map(personName).join(', ');
  return { words: `issued grant ${grantId} until ${endsAt}, approved by ${by}` };
}

const causes: Readonly<Record<string, string>> = {
  withdrawn: 'the agent gave it back',
  ordered: 'a human ordered it',
  policy: 'the policy allows it no more',
  stop: 'a bridge was raised',
  disabled: 'the agent was disabled',
  group_lost: 'the agent lost its group',
  approver_lost: 'an approval counts no more',
};

/** One entry for each type, so that a new one must be put into words. */
const wordsOf: Words = {
  AccessRequested: requested,
  AccessRequestWithdrawn: ({ by, runId }) => ({
    by: personName(by),
    words: runId === undefined ? 'withdrew the request' : `ended with run ${runId}`,
  }),
  ExtensionRequested: ({ by, round, seconds, reason }) => ({
    by: personName(by),
    words: `asked for ${durationWords(seconds)} more${inRound(round)}: "${reason}"`,
  }),
  QuestionAnswered: ({ by, text }) => ({ by: personName(by), words: `answered: "${text}"` }),
  AccessRequestValidated: validated,
  AccessRequestDenied: ({ code, message }) => ({ words: `denied it (${code}): ${message}` }),
  GrantIssued: issued,
  ExtensionValidated: ({ round, seconds, approval }) => ({
    words: `found ${durationWords(seconds)} more valid${inRound(round)}: ${needs(approval)}`,
  }),
  ExtensionDenied: ({ round, code, message }) => ({
    words: `denied more time${inRound(round)} (${code}): ${message}`,
  }),
  GrantExtended: ({ round, endsAt, approvers }) => ({
    words: `gave more time${inRound(round)}: the grant ends ${endsAt}, approved by ${approvers.map(personName).join(', ')}`,
  }),
  GrantRevoked: ({ by, reason, cause }) => ({
    ...(by === undefined ? {} : { by: personName(by) }),
    words: `revoked the grant: ${reason}${cause === undefined ? '' : ` (${causes[cause] ?? cause})`}`,
  }),
  GrantExpired: ({ endsAt }) => ({ words: `the grant's time was over at ${endsAt}` }),
  GrantEnded: ({ cause }) => ({
    words: cause === 'idle' ? 'the grant was not used any more' : 'the grant was used up',
  }),
  ApprovalRequested: ({ approval, decideBy, round }) => ({
    words: `asked for approval${inRound(round)}: ${needs(approval)}, by ${decideBy}`,
  }),
  ApprovalGiven: approved,
  ApprovalDenied: ({ approver, via, reason, round }) => ({
    by: personName(approver),
    words: `said no ${viaWords(via)}${inRound(round)}${quoted(reason)}`,
  }),
  ApprovalVoided: ({ approver, reason, round }) => ({
    words: `the approval of ${personName(approver)} counts no more (${reason})${inRound(round)}`,
  }),
  ApprovalReminded: ({ step, count, round }) => ({
    words: `reminded the approvers${inStep(step)}${inRound(round)}, the ${count}. time`,
  }),
  ApprovalEscalated: ({ step, round }) => ({
    words: `asked further groups${inStep(step)}${inRound(round)}`,
  }),
  TicketDecided: ({ step, webhook, ticket, decision, by }) => ({
    by: webhook,
    words: `${decision} ${ticket}${inStep(step)}${by === undefined ? '' : `, by ${by} as it says`}`,
  }),
  QuestionAsked: ({ by, text }) => ({ by: personName(by), words: `asked: "${text}"` }),
  AccessRequestApproved: ({ approvers }) => ({
    words: `enough approvals: ${approvers.map(personName).join(', ')}`,
  }),
  AccessRequestRejected: ({ by, reason }) => ({
    ...(by === undefined ? {} : { by: personName(by) }),
    words: `rejected it${quoted(reason)}`,
  }),
  AccessRequestLapsed: ({ decideBy }) => ({ words: `nobody decided by ${decideBy}` }),
  ExtensionOffered: ({ by, via, seconds, reason, round }) => ({
    by: personName(by),
    words: `offered ${durationWords(seconds)} more ${viaWords(via)}${inRound(round)}: "${reason}"`,
  }),
  ExtensionApproved: ({ round, approvers }) => ({
    words: `enough approvals for more time${inRound(round)}: ${approvers.map(personName).join(', ')}`,
  }),
  ExtensionClosed: ({ round, outcome, by, reason }) => ({
    ...(by === undefined ? {} : { by: personName(by) }),
    words: `no more time${inRound(round)}: ${outcome}${quoted(reason)}`,
  }),
  RevocationOrdered: ({ by, via, reason }) => ({
    by: personName(by),
    words: `ordered the end of the grant ${viaWords(via)}: "${reason}"`,
  }),
  ReviewRequested: ({ groups, dueBy }) => ({
    words: `asked ${groups.join(', ')} for a review by ${dueBy}`,
  }),
  ReviewReminded: ({ count }) => ({ words: `reminded the reviewers, the ${count}. time` }),
  ReviewCompleted: ({ by, verdict, note }) => ({
    by: personName(by),
    words: `reviewed it: ${verdict === 'justified' ? 'justified' : 'not justified'}: "${note}"`,
  }),
};

/** An event of an access request in words for people; not escaped for any display. */
export const momentWords = ({ type, data }: AccessEvent): MomentWords =>
  // Each entry takes the data of its own type, which the discriminated union holds together.
  (wordsOf[type] as (data: AccessEvent['data']) => MomentWords)(data);
