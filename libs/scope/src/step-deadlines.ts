import type { FactOf, Standing, StepProgress } from './step-approval.js';
import { openSteps } from './step-progress.js';

/** What is to be done about a step, and when. */
export type DueStep = FactOf<'escalated'> | FactOf<'reminded'>;

/** Of one step; after that only escalation and the end of time follow. */
export const MAX_REMINDERS = 5;

/**
 * What becomes due next in each open step, the earliest first, whether its time has come or not. Made of the
 * history alone, so every replica sees the same and a restart forgets nothing.
 *
 * @param now - reminders that were missed until then become one
 */
export function dueSteps(standing: Standing, now: string): readonly DueStep[] {
  return openSteps(standing)
    .flatMap((progress) => [...escalationOf(progress), ...reminderOf(progress, now)])
    .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

function escalationOf({ step, level, askedAt }: StepProgress): readonly DueStep[] {
  const next = step.type === 'humans' ? step.escalate?.[level] : undefined;
  if (next === undefined || askedAt === undefined) return [];
  const at = after(askedAt, next.afterSeconds);
  return [{ type: 'escalated', step: step.name, level, at }];
}

function reminderOf({ step, reminders, askedAt }: StepProgress, now: string): readonly DueStep[] {
  if (step.type === 'ticket' || askedAt === undefined || reminders >= MAX_REMINDERS) return [];
  const { name, remindAfterSeconds } = step;
  if (remindAfterSeconds === undefined) return [];
  const passed = Math.floor((Date.parse(now) - Date.parse(askedAt)) / (remindAfterSeconds * 1000));
  const count = Math.min(Math.max(reminders + 1, passed), MAX_REMINDERS);
  return [{ type: 'reminded', step: name, count, at: after(askedAt, count * remindAfterSeconds) }];
}

const after = (at: string, seconds: number): string =>
  new Date(Date.parse(at) + seconds * 1000).toISOString();
