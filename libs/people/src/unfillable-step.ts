import {
  scheduleOfGroup,
  type HumanStep,
  type Principal,
  type StepsRequirement,
} from '@drawbridge/contracts';
import { groupsOf, partyRefusal, seatPeople, type Parties } from '@drawbridge/scope';
import { onCallWithin } from './on-call.js';
import type { People } from './people.js';

/** A step that nobody can fill, whatever happens. */
export interface UnfillableStep {
  readonly step: HumanStep;
  /** Every group that may decide it, escalations included. */
  readonly groups: readonly string[];
  /** How many humans could take a place in it. */
  readonly eligible: number;
}

/** Who is asked what, when. */
export interface AskedPeople {
  readonly requirement: StepsRequirement;
  readonly parties: Parties;
  readonly people: People;
  readonly isDisabled: (human: Principal) => boolean;
  readonly at: string;
}

/**
 * The first step for which there are not enough humans, each of them in one place of the whole request; `undefined`
 * when all steps can be filled. Requester, owner and sponsor, and whoever is disabled, can take none. Groups that a
 * step may be escalated to count, and so does whoever comes on call while the request waits.
 */
export function unfillableStep(asked: AskedPeople): UnfillableStep | undefined {
  const { requirement, parties, people, isDisabled } = asked;
  const steps = requirement.steps.filter((step) => step.type === 'humans');
  const able = people.humans
    .map(({ principal }) => principal)
    .filter((human) => !isDisabled(human))
    .filter((human) => partyRefusal(human, parties, requirement.excludeOwner) === undefined);
  const fits = (human: Principal | undefined, step: HumanStep | undefined): boolean =>
    human !== undefined && step !== undefined && mayEverDecide(human, step, asked);
  for (const [index, step] of steps.entries()) {
    const seats = steps.slice(0, index + 1).flatMap((one) => Array<HumanStep>(one.count).fill(one));
    const taken = seatPeople({ people: able.length, seats: seats.length }, (person, seat) =>
      fits(able[person], seats[seat]),
    );
    if (taken.includes(undefined)) {
      const eligible = able.filter((human) => fits(human, step)).length;
      return { step, groups: everyGroupOf(step), eligible };
    }
  }
  return undefined;
}

const everyGroupOf = (step: HumanStep): readonly string[] => [
  ...new Set(groupsOf(step, step.escalate?.length ?? 0)),
];

function mayEverDecide(
  { groups, email }: Principal,
  step: HumanStep,
  { people, requirement, at }: AskedPeople,
): boolean {
  return everyGroupOf(step).some((group) => {
    const name = scheduleOfGroup(group);
    if (name === undefined) return groups.includes(group);
    const schedule = people.schedules.find((one) => one.name === name);
    if (schedule === undefined) return false;
    return onCallWithin(schedule, at, requirement.timeoutSeconds).some(
      (person) => person.toLowerCase() === email?.toLowerCase(),
    );
  });
}
