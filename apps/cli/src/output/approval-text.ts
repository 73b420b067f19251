import type { ApprovalStepView, ApprovalView, WaitingApprovals } from '@drawbridge/contracts';
import { showDuration } from '../input/duration.js';
import { factTexts, riskText } from './fact-text.js';
import { neutralise } from './neutralise.js';
import { questionLines } from './question-text.js';
import { behalfText, limitsText, requirementText, ruleText } from './request-text.js';
import { fields, table } from './table.js';
import { ticketTexts } from './ticket-text.js';

/** What waits for a decision, one line each. */
export function approvalTable({ items, total }: WaitingApprovals, now: Date): string {
  if (items.length === 0) return 'nothing waits for you\n';
  const lines = table(
    ['ID', 'WHO', 'CONNECTION', 'WHAT', 'FOR', 'RISK', 'LEFT', 'TERMS', 'WHY'],
    items.map((view) => [
      view.id,
      view.requester.subject,
      view.terms.connection,
      whatText(view),
      `${showDuration(view.terms.durationSeconds)}${moreText(view)}`,
      view.risk.level,
      leftText(view, now),
      String(view.termsVersion ?? 0),
      view.terms.reason,
    ]),
  );
  return total > items.length ? `${lines}and ${total - items.length} more\n` : lines;
}

/** One request as an approver needs to see it. */
export function approvalText(view: ApprovalView, now: Date): string {
  const { id, status, requester, terms, risk, policy, approval, approvals } = view;
  return [
    `access request ${id}: ${status}\n`,
    fields([
      ['who', requester.subject],
      ['owner', requester.owner],
      ['on behalf of', behalfText(terms)],
      ['what', whatText(view)],
      ['connection', `${terms.connection} (${terms.environment})`],
      ['for', `${showDuration(terms.durationSeconds)}${moreText(view)}`],
      ['grant', extendedText(view)],
      ['from', terms.startAt],
      ['limits', limitsText(terms)],
      ['bound to', terms.keyThumbprint && 'the key of its agent'],
      ['for run', terms.runId],
      ['why', terms.reason],
      ['ticket', terms.ticket],
      ['risk', riskText(risk)],
      ['policy', `${policy.name} (${policy.version})`],
      ['needs', requirementText(approval)],
      ['log in', view.stepUpUrl === undefined ? undefined : 'afresh, when you approve'],
      ['left', status === 'pending' ? leftText(view, now) : undefined],
    ]),
    ...view.plainWords.map((words) => `  may: ${neutralise(words)}\n`),
    ...terms.rules.map((rule, index) => `  rule ${index + 1}: ${neutralise(ruleText(rule))}\n`),
    ...(view.approval?.type === 'steps' ? (view.steps ?? []).map(stepText) : []),
    ...factTexts(view.facts),
    ...ticketTexts(view.tickets),
    ...approvals.map((given) => `  ${neutralise(givenText(given))}\n`),
    ...questionLines(view.questions),
  ].join('');
}

/** Marks what is more time for a grant that runs, and which of them. */
const moreText = ({ extension }: ApprovalView): string =>
  extension === undefined ? '' : ` more (round ${extension.round})`;

const extendedText = ({ extension }: ApprovalView): string | undefined =>
  extension && `${extension.grantId}, runs until ${extension.endsAt}`;

function stepText(step: ApprovalStepView): string {
  const { name, groups, count, missing, isOpen, reminders = 0, escalations = 0 } = step;
  const state = missing === 0 ? 'done' : isOpen ? 'open' : 'waits';
  const nudged = [
    ...(reminders === 0 ? [] : [`, reminded ${timesText(reminders)}`]),
    ...(escalations === 0 ? [] : [`, escalated ${timesText(escalations)}`]),
  ].join('');
  const done =
    step.ticket === undefined
      ? `${count - missing} of ${count} of ${groups.join(' or ')}`
      : `ticket ${step.ticket.id ?? ''} in ${step.ticket.webhook}`;
  return `  step ${neutralise(`${name}: ${done}, ${state}${nudged}`)}\n`;
}

const timesText = (times: number): string => (times === 1 ? 'once' : `${times} times`);

function givenText(given: ApprovalView['approvals'][number]): string {
  const { approver, via, at, comment, step, narrowed, voidedAt } = given;
  return [
    `approved by ${approver} through ${via} at ${at}`,
    ...(step === undefined ? [] : [` for ${step}`]),
    ...(narrowed === undefined ? [] : [', narrowed']),
    ...(voidedAt === undefined ? [] : [`, counts no more since ${voidedAt}`]),
    ...(comment === undefined ? [] : [`: ${comment}`]),
  ].join('');
}

function whatText({ terms: { action, parameters = {}, rules } }: ApprovalView): string {
  if (action === undefined) return `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`;
  return [action, ...Object.values(parameters)].join(' ');
}

const leftText = ({ decideBy }: ApprovalView, now: Date): string | undefined =>
  decideBy === undefined
    ? undefined
    : showDuration((new Date(decideBy).getTime() - now.getTime()) / 1000);
