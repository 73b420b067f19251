import { scheduleOfGroup, type Principal } from '@drawbridge/contracts';
import type { CountedApproval } from '@drawbridge/scope';
import { onCallGroups, type People } from './people.js';

/** What is known of people at this moment. */
export interface PeopleNow {
  readonly isDisabled: (human: Principal) => boolean;
  /** `undefined` where no configuration says who is in which group; then nobody has left one. */
  readonly people?: People | undefined;
}

/**
 * Why an approval that was given must not count any more; `undefined` while it does.
 *
 * Judged by what told the groups: for a decision in Slack the `Human` document, while a token's groups are taken to
 * hold as long as it would. Who was on call when they approved keeps the say; a schedule that was wrong then takes it
 * away. Whoever lost one of the groups that were asked loses the approval, and may give it again by what they still
 * are in.
 */
export function whyLost(
  { approver, via, at }: Pick<CountedApproval, 'approver' | 'via' | 'at'>,
  asked: readonly string[],
  { isDisabled, people }: PeopleNow,
): 'disabled' | 'left_group' | undefined {
  if (isDisabled(approver)) return 'disabled';
  if (people === undefined) return undefined;
  const had = approver.groups.filter((group) => asked.includes(group));
  const onDuty = onCallGroups(people, approver, at);
  const known = people.human(approver);
  const lasting = known?.slack === undefined ? [] : known.principal.groups;
  const isStillIn = (group: string): boolean => {
    if (scheduleOfGroup(group) !== undefined) return onDuty.includes(group);
    return via !== 'slack' || lasting.includes(group);
  };
  return had.every(isStillIn) ? undefined : 'left_group';
}
