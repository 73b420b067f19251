import type { HumanStep } from '@drawbridge/contracts';
import { seatPeople } from './seat-matching.js';
import type { CountedApproval, Standing, StepProgress } from './step-approval.js';
import { isAskedIn } from './step-eligibility.js';

/** How many humans each step still wants, by its name; 0 when it is done. A ticket system counts as one. */
export type Missing = Readonly<Record<string, number>>;

/** What is missing if exactly these approvals count. */
export function missingWith(standing: Standing, approvals: readonly CountedApproval[]): Missing {
  const bySteps =
    standing.asked.requirement.order === 'sequential'
      ? namedSeats(standing, approvals)
      : sharedSeats(standing, approvals);
  return Object.fromEntries(
    standing.steps.map((progress) => [
      progress.step.name,
      progress.step.type === 'ticket'
        ? Number(progress.ticketApprovedAt === undefined)
        : progress.step.count - (bySteps[progress.step.name] ?? 0),
    ]),
  );
}

export const missingOf = (standing: Standing): Missing => missingWith(standing, standing.approvals);

/** How many are missing in all steps together. */
export const totalOf = (missing: Missing): number =>
  Object.values(missing).reduce((sum, count) => sum + count, 0);

/** The steps that can be decided now: in a sequence the first that is not done, otherwise all that are not done. */
export function openSteps(standing: Standing): readonly StepProgress[] {
  if (standing.isDenied) return [];
  const missing = missingOf(standing);
  const open = standing.steps.filter(({ step }) => (missing[step.name] ?? 0) > 0);
  return standing.asked.requirement.order === 'sequential' ? open.slice(0, 1) : open;
}

/** `denied` is for ever; `approved` lasts as long as nobody's say is taken away. */
export function outcomeOf(standing: Standing): 'open' | 'approved' | 'denied' {
  if (standing.isDenied) return 'denied';
  return totalOf(missingOf(standing)) === 0 ? 'approved' : 'open';
}

/** In a sequence everybody says for which step. */
function namedSeats(
  { steps }: Standing,
  approvals: readonly CountedApproval[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    steps.map(({ step: { name } }) => [name, approvals.filter(({ step }) => step === name).length]),
  );
}

/** Otherwise each human takes the seat where they are needed. */
function sharedSeats(
  { steps }: Standing,
  approvals: readonly CountedApproval[],
): Readonly<Record<string, number>> {
  const seats = steps.flatMap((progress) =>
    progress.step.type === 'humans' ? seatsOf(progress, progress.step) : [],
  );
  const taken = seatPeople({ people: approvals.length, seats: seats.length }, (person, seat) => {
    const [approval, progress] = [approvals[person], seats[seat]];
    return (
      approval !== undefined && progress !== undefined && isAskedIn(approval.approver, progress)
    );
  });
  const filled: Record<string, number> = {};
  for (const [index, person] of taken.entries()) {
    const name = seats[index]?.step.name;
    if (name !== undefined && person !== undefined) filled[name] = (filled[name] ?? 0) + 1;
  }
  return filled;
}

const seatsOf = (progress: StepProgress, { count }: HumanStep): readonly StepProgress[] =>
  Array.from({ length: count }, () => progress);
