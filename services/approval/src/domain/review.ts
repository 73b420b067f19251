import {
  endsGrant,
  REVIEW_REMINDER_MS,
  type AccessEvent,
  type BreakGlassTerms,
  type Principal,
  type ReviewVerdict,
} from '@drawbridge/contracts';
import { AppError, type Decider } from '@drawbridge/kernel';
import { partiesOf, partyRefusal } from '@drawbridge/scope';

/** Why a review is not completed. Closed list; each stands in `docs/errors.md`. */
export type ReviewRefusal = 'review_unknown' | 'reviewer_not_allowed' | 'review_not_open';

/** A human's verdict is refused; nothing was appended. The message may be shown to that human. */
export class ReviewRefused extends AppError<ReviewRefusal> {}

/** `at` is when the command was accepted: UTC, RFC 3339. */
export interface CompleteReview {
  readonly type: 'CompleteReview';
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly verdict: ReviewVerdict;
  readonly note: string;
  readonly at: string;
}

export type ReviewCommand =
  { readonly type: 'RequestReview' | 'RemindReviewers'; readonly at: string } | CompleteReview;

/** What matters of a request to whoever reviews what came of it. */
export interface GlassReview {
  /** Absent until there is a grant that nobody approved before. */
  readonly broken?: { readonly by: Principal; readonly terms: BreakGlassTerms };
  readonly isEnded: boolean;
  readonly asked?: {
    readonly groups: readonly string[];
    readonly at: string;
    readonly reminders: number;
  };
  readonly completed?: Pick<CompleteReview, 'by' | 'verdict' | 'note'>;
}

/**
 * Whether somebody has said of a grant that nobody approved before that it was justified. It is asked once the grant
 * has ended, however that came, and stays open until one human has answered who is no party to it: no time ends it.
 */
export const review: Decider<GlassReview, ReviewCommand, AccessEvent> = {
  initial: { isEnded: false },
  evolve,
  decide: (command, state) => {
    switch (command.type) {
      case 'RequestReview':
        return requestReview(state, command.at);
      case 'RemindReviewers':
        return remind(state, command.at);
      case 'CompleteReview':
        return complete(state, command);
    }
  },
};

function requestReview({ broken, isEnded, asked }: GlassReview, at: string) {
  if (broken === undefined || !isEnded || asked !== undefined) return undefined;
  const { reviewGroups: groups, reviewWithinSeconds } = broken.terms;
  const dueBy = new Date(Date.parse(at) + reviewWithinSeconds * 1000).toISOString();
  return { type: 'ReviewRequested' as const, data: { groups, dueBy } };
}

/** Once a day; what was missed becomes one. */
function remind({ asked, completed }: GlassReview, at: string) {
  if (asked === undefined || completed !== undefined) return undefined;
  const count = Math.floor((Date.parse(at) - Date.parse(asked.at)) / REVIEW_REMINDER_MS);
  if (!(count > asked.reminders)) return undefined;
  return { type: 'ReviewReminded' as const, data: { count } };
}

/** Who has said the same before is told so by nothing: it is said. */
function complete(state: GlassReview, { by, via, verdict, note }: CompleteReview) {
  const { broken, asked, completed } = state;
  if (broken === undefined) throw unknownReview();
  if (!mayReview(by, broken.by, broken.terms.reviewGroups)) throw notAllowed();
  if (asked === undefined) {
    throw new ReviewRefused('review_not_open', 'the grant has not ended; revoke it first');
  }
  if (completed === undefined) {
    return { type: 'ReviewCompleted' as const, data: { by, via, verdict, note } };
  }
  const isRepeated =
    completed.verdict === verdict && completed.note === note && isAccount(completed.by, by);
  if (isRepeated) return undefined;
  const message = `${completed.by.email ?? completed.by.subject} has completed this review`;
  throw new ReviewRefused('review_not_open', message);
}

/** One human of the groups who has no part in it; being an administrator changes nothing. */
export function mayReview(
  human: Principal,
  requester: Principal,
  groups: readonly string[],
): boolean {
  const isAsked = human.groups.some((group) => groups.includes(group));
  return isAsked && partyRefusal(human, partiesOf(requester), true) === undefined;
}

const isAccount = (one: Principal, other: Principal): boolean =>
  one.issuer === other.issuer && one.subject === other.subject;

export const unknownReview = (): ReviewRefused =>
  new ReviewRefused('review_unknown', 'there is no review of an access request with this id');

const notAllowed = (): ReviewRefused =>
  new ReviewRefused(
    'reviewer_not_allowed',
    'this is reviewed by a human of its review groups who neither asked for it nor answers for who did',
  );

function evolve(state: GlassReview, event: AccessEvent, at = ''): GlassReview {
  if (event.type === 'GrantIssued') return broken(state, event.data);
  if (state.broken === undefined) return state;
  if (endsGrant(event.type)) return { ...state, isEnded: true };
  return reviewed(state, event, at);
}

/** The first request and the first verdict count, and reminders only go on. */
function reviewed(state: GlassReview, { type, data }: AccessEvent, at: string): GlassReview {
  const { asked, completed } = state;
  if (type === 'ReviewRequested') {
    return { ...state, asked: asked ?? { groups: data.groups, at, reminders: 0 } };
  }
  if (type === 'ReviewCompleted') return { ...state, completed: completed ?? data };
  if (type !== 'ReviewReminded' || asked === undefined) return state;
  return { ...state, asked: { ...asked, reminders: Math.max(asked.reminders, data.count) } };
}

function broken(
  state: GlassReview,
  {
    grantee: by,
    terms: { breakGlass: terms },
  }: Extract<AccessEvent, { type: 'GrantIssued' }>['data'],
): GlassReview {
  return terms === undefined ? state : { ...state, broken: { by, terms } };
}
