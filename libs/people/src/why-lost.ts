import { scheduleOfGroup, type Principal } from '@drawbridge/contracts';
import type { CountedApproval } from '@drawbridge/scope';
import { isReadBehind, type MemberOf } from './members.js';
import { onCallGroups, type People } from './people.js';

type GivenApproval = Pick<CountedApproval, 'approver' | 'via' | 'at'>;

/** What is known of people at this moment. */
export interface PeopleNow {
  readonly isDisabled: (human: Principal) => boolean;
  /** `undefined` where no configuration says who is in which group; then nobody has left one. */
  readonly people?: People | undefined;
  /** `undefined` where no directory is asked. */
  readonly members?: MemberOf | undefined;
}

/**
 * Why an approval that was given must not count any more; `undefined` while it does.
 *
 * Judged by what told the groups: for a decision in Slack the `Human` document, for one with a token the directory of
 * its issuer, where one is asked. Who is gone from there is lost however they decided. Who was on call when they approved keeps the say; a schedule that was wrong then takes it
 * away. Whoever lost one of the groups that were asked loses the approval, and may give it again by what they still
 * are in.
 */
export function whyLost(
  given: GivenApproval,
  asked: readonly string[],
  { isDisabled, people, members }: PeopleNow,
): 'disabled' | 'left_group' | undefined {
  const { approver, via, at } = given;
  if (isDisabled(approver)) return 'disabled';
  const had = approver.groups.filter((group) => asked.includes(group));
  const lost = members && lostByDirectory(given, had, members);
  if (lost !== undefined || people === undefined) return lost;
  const onDuty = onCallGroups(people, approver, at);
  const known = people.human(approver);
  const lasting = known?.slack === undefined ? [] : known.principal.groups;
  const isStillIn = (group: string): boolean => {
    if (scheduleOfGroup(group) !== undefined) return onDuty.includes(group);
    return via !== 'slack' || lasting.includes(group);
  };
  return had.every(isStillIn) ? undefined : 'left_group';
}

/** A token is believed until the directory was asked after it; a decision in Slack came with none. */
function lostByDirectory(
  { approver, via, at }: GivenApproval,
  had: readonly string[],
  members: MemberOf,
): 'disabled' | 'left_group' | undefined {
  const member = members(approver);
  if (member === undefined) return undefined;
  const isNewer = isReadBehind(member, at);
  if (member.isGone) return via === 'slack' || isNewer ? 'disabled' : undefined;
  const ofToken = via === 'slack' || !isNewer ? [] : had;
  const isIn = (group: string) =>
    scheduleOfGroup(group) !== undefined || member.groups.includes(group);
  return ofToken.every(isIn) ? undefined : 'left_group';
}
