import {
  HoldEvent,
  type AuditHoldEvent,
  type HoldEventData,
  type HoldEventType,
  type StoryHoldMoment,
} from '@drawbridge/contracts';
import type { MomentWords } from './moment-words.js';
import { actorName, personName } from './person.js';

type Words = { readonly [Type in HoldEventType]: (data: HoldEventData<Type>) => MomentWords };

/** What somebody wrote beside it. */
export const said = (text: string | undefined): string => (text === undefined ? '' : `: "${text}"`);
export const via = (where: 'slack' | 'http'): string => (where === 'slack' ? 'in Slack' : 'by API');

/** One entry for each type, so that a new one must be put into words. */
const wordsOf: Words = {
  CommandHeld: ({ call, reason, approvers, decideBy }) => ({
    words: `held by ${call.rule} (${reason}); asked ${approvers.groups.join(', ')}, to decide by ${decideBy}`,
  }),
  HoldEndorsed: ({ approver, via: where, comment }) => ({
    by: personName(approver),
    words: `said yes ${via(where)}, more of them are needed${said(comment)}`,
  }),
  HoldApproved: ({ approver, via: where, comment }) => ({
    by: personName(approver),
    words: `said yes ${via(where)}${said(comment)}`,
  }),
  HoldDenied: ({ approver, via: where, reason }) => ({
    by: personName(approver),
    words: `said no ${via(where)}${said(reason)}`,
  }),
  HoldLapsed: ({ decideBy }) => ({ words: `nobody decided by ${decideBy}` }),
  HoldCancelled: ({ reason }) => ({
    words: {
      client_gone: 'the caller went away',
      grant_ended: 'the grant ended',
      policy_changed: 'the guardrails changed',
    }[reason],
  }),
  CommandReleased: () => ({ words: 'released, and forwarded' }),
  HoldExpired: ({ validUntil }) => ({ words: `not called again by ${validUntil}` }),
};

/** A fact about a held call in words for people; a type of a later version is called by its name. */
export function holdMoment({ type, data, at, actor }: AuditHoldEvent): StoryHoldMoment {
  const parsed = HoldEvent.safeParse({ type, data });
  if (!parsed.success) return { at, type, by: actorName(actor), words: type };
  // Each entry takes the data of its own type, which the discriminated union holds together.
  const inWords = wordsOf[parsed.data.type] as (data: HoldEvent['data']) => MomentWords;
  const { by = actorName(actor), words } = inWords(parsed.data.data);
  return { at, type, by, words };
}
