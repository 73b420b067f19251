import type { AccessEvent } from '@drawbridge/contracts';
import { dueSteps, type DueStep } from '@drawbridge/scope';
import { pendingOf, type AccessApproval, type PendingApproval } from './access-approval-state.js';
import { roundNote } from './decide-by-human.js';
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
  const pending = pendingOf(state);
  if (pending === undefined || isOver(pending.decideBy, at)) return undefined;
  const wanted = type === 'Remind' ? 'reminded' : 'escalated';
  const due = dueSteps(pending.standing, at).find(
    (one) => one.type === wanted && one.step === step && isOver(one.at, at),
  );
  return due && eventOf(due, pending);
}

const eventOf = (due: DueStep, pending: PendingApproval): AccessEvent =>
  due.type === 'reminded'
    ? {
        type: 'ApprovalReminded',
        data: { step: due.step, count: due.count, ...roundNote(pending) },
      }
    : {
        type: 'ApprovalEscalated',
        data: { step: due.step, level: due.level, ...roundNote(pending) },
      };
