import { approverGroupsOf, type Principal } from '@drawbridge/contracts';
import { holdApproverRefusal } from '@drawbridge/holds';
import { withOnCall, type People } from '@drawbridge/people';
import { approverRefusal, groupsOf, isSameHuman, openSteps } from '@drawbridge/scope';
import type { HoldStory } from '../domain/hold-story.js';
import { mayDecide } from '../domain/may-decide.js';
import type { RequestStory } from '../domain/request-story.js';

/** Somebody in Slack whose decision would count now. */
export interface Decider {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Who can be told in Slack. */
export interface Reachable {
  readonly people: People;
  readonly teamId: string;
  readonly isDisabled: (human: Principal) => boolean;
  readonly at: string;
}

/** Whose approval of a request would count; those of the groups that were asked last come first. */
export function decidersOf(story: RequestStory, reachable: Reachable): readonly Decider[] {
  if (story.status !== 'pending') return [];
  const deciders = everybody(reachable, (human) => mayDecide(story, human));
  const latest = new Set(latestGroups(story));
  const isLate = ({ groups }: Decider) => groups.some((group) => latest.has(group));
  return deciders.toSorted((one, other) => Number(isLate(other)) - Number(isLate(one)));
}

/** Who was or is asked about a request, whatever has become of it. */
export function askedOf({ approval, requester }: RequestStory, reachable: Reachable) {
  if (approval === undefined) return [];
  const { excludeOwner, timeoutSeconds } = approval;
  const groups = approverGroupsOf(approval);
  const asked = { type: 'humans', count: 1, groups, excludeOwner, timeoutSeconds } as const;
  return everybody(reachable, (human) => approverRefusal(human, asked, requester) === undefined);
}

/** Who was or is asked about a held call. */
export const holdAskedOf = ({ held }: HoldStory, reachable: Reachable): readonly Decider[] =>
  everybody(reachable, (human) => holdApproverRefusal(human, held) === undefined);

/** Whose approval of a held call would count. */
export function holdDecidersOf(
  { status, held, endorsements }: HoldStory,
  reachable: Reachable,
): readonly Decider[] {
  if (status !== 'open') return [];
  return everybody(
    reachable,
    (human) =>
      holdApproverRefusal(human, held) === undefined &&
      !endorsements.some(({ by }) => isSameHuman(by, human)),
  );
}

function everybody(
  { people, teamId, isDisabled, at }: Reachable,
  isMeant: (human: Principal) => boolean,
): readonly Decider[] {
  return people.humans.flatMap(({ principal, slack }) => {
    if (slack?.team !== teamId || isDisabled(principal)) return [];
    const human = withOnCall(people, principal, at);
    return isMeant(human) ? [{ user: slack.user, groups: human.groups }] : [];
  });
}

/** Of steps that wait so long that further groups were asked: those. */
const latestGroups = ({ standing }: RequestStory): readonly string[] =>
  standing === undefined
    ? []
    : openSteps(standing).flatMap(({ step, level }) => {
        if (step.type !== 'humans' || level === 0) return [];
        const before = groupsOf(step, level - 1);
        return groupsOf(step, level).filter((group) => !before.includes(group));
      });
