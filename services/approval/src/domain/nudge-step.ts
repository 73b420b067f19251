import type { AccessEvent } from '@drawbridge/contracts';
import { dueSteps, type DueStep } from '@drawbridge/scope';
import type { AccessApproval } from './access-approval-state.js';
import { isOver } from './is-over.js';

/** What becomes necessary about one step because it waits. `at` is when it was accepted: UTC, RFC 3339. */
export interface NudgeStep {
  readonly type: 'Remind' | 'Escalate';
  readonly step: string;
  readonly at: string;
}

/** Only what is due by the history; reminders that were missed become one. A request whose time is over lapses instead. */
export function nudgeStep(
  state: AccessApproval,
  { type, step, at }: NudgeStep,
): AccessEvent | undefined {
  if (state.status !== 'pending' || isOver(state.decideBy, at)) return undefined;
  const wanted = type === 'Remind' ? 'reminded' : 'escalated';
  const due = dueSteps(state.standing, at).find(
    (one) => one.type === wanted && one.step === step && isOver(one.at, at),
  );
  return due && eventOf(due);
}

const eventOf = (due: DueStep): AccessEvent =>
  due.type === 'reminded'
    ? { type: 'ApprovalReminded', data: { step: due.step, count: due.count } }
    : { type: 'ApprovalEscalated', data: { step: due.step, level: due.level } };
