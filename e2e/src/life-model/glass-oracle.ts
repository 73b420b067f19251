import type {
  AccessEvent,
  AccessEventData,
  AccessEventType,
  Principal,
} from '@drawbridge/contracts';
import type { Policy, PolicySet } from '@drawbridge/policy/core';
import { claim, isClosed, type Life } from './life.js';
import { policyOf } from './places-oracle.js';
import { emailOf, isFresh } from './quorum-oracle.js';

type EventOf<Type> = Extract<AccessEvent, { type: Type }>;
interface When {
  readonly localMs: number;
  readonly sets: readonly PolicySet[];
}
type Broken = {
  readonly [Type in AccessEventType]?: (life: Life, event: EventOf<Type>, when: When) => void;
};
/** How fresh a login is where the policy does not say it, and how long a reason is none. */
const FRESH = { maxAgeSeconds: 300 };
const WORDS = 20;
const DAY_MS = 86_400_000;

/** Whether a policy names this very account, not one that only has the same address. */
function names(sets: readonly PolicySet[], policy: Policy | undefined, who: Principal): boolean {
  const { people = [] } = policy?.breakGlass ?? {};
  const known = sets.some((set) =>
    set.people?.humans.some(
      ({ principal: { issuer, subject } }) => issuer === who.issuer && subject === who.subject,
    ),
  );
  return who.kind === 'human' && known && people.includes(emailOf(who));
}

/** I11: who breaks the glass is named, says why, and has logged in just before. */
function claimBroken(
  life: Life,
  data: AccessEventData<'AccessRequestValidated'>,
  sets: When['sets'],
) {
  const { requester, request, proof } = life.requested;
  const policy = policyOf(sets, data.policy);
  const { issuer } = requester;
  claim(request.breakGlass === true, 'I11: nobody wanted that', data);
  claim(names(sets, policy, requester), 'I11: broken by somebody', data);
  claim(data.terms.reason.length >= WORDS, 'I11: without a reason', data);
  const login = { proof, issuer, atMs: life.requestedAtMs };
  claim(isFresh(policy?.stepUp ?? FRESH, login), 'I11: with an old login', data);
  const { announce, reviewGroups } = data.terms.breakGlass ?? {};
  const promised = [announce, reviewGroups];
  const wanted = [policy?.breakGlass?.announce, policy?.breakGlass?.reviewGroups];
  claim(JSON.stringify(promised) === JSON.stringify(wanted), 'I11: told to others', data);
}

const broken: Broken = {
  AccessRequestValidated: (life, { data }, { sets }) => {
    const { breakGlass } = life.requested.request;
    if (data.terms.breakGlass === undefined) claim(breakGlass !== true, 'I11: in secret', data);
    else claimBroken(life, data, sets);
  },
  GrantIssued: ({ requested }, { data }, { sets }) => {
    if (data.terms.breakGlass === undefined) return;
    const isNamed = names(sets, policyOf(sets, data.policy), requested.requester);
    claim(isNamed && data.approvers.length === 0, 'I11: named no longer', data);
  },
  ReviewRequested: (life, event, { localMs }) => {
    claim(wantsReview(life), 'I11: nothing to review', event);
    claim(life.review === undefined, 'I11: reviewed twice', event);
    life.review = { askedAtMs: localMs, reminders: 0, isDone: false };
  },
  ReviewReminded: ({ review }, event, { localMs }) => {
    claim(review !== undefined && !review.isDone, 'I11: reminded of nothing', event);
    const days = Math.floor((localMs - review.askedAtMs) / DAY_MS);
    const { count } = event.data;
    claim(count === days && count > review.reminders, 'I11: reminded early', event);
    review.reminders = count;
  },
  ReviewCompleted: ({ review, requested, grant }, event) => {
    claim(review !== undefined && !review.isDone, 'I11: completed twice', event);
    const { by } = event.data;
    const { subject, owner, sponsor } = requested.requester;
    const parties = [emailOf(requested.requester), owner, sponsor];
    const isParty = by.subject === subject || parties.includes(emailOf(by));
    const groups = grant?.data.terms.breakGlass?.reviewGroups ?? [];
    const isAsked = by.kind === 'human' && by.groups.some((group) => groups.includes(group));
    claim(isAsked && !isParty, 'I11: reviewed by somebody', event);
    review.isDone = true;
  },
};

/** Whether somebody must say of it that it was right. */
export const wantsReview = (life: Life): boolean =>
  life.grant?.data.terms.breakGlass !== undefined && isClosed(life);

/** I11: what nobody approved is announced, and reviewed afterwards. */
export function review<Type extends AccessEventType>(
  life: Life,
  event: EventOf<Type> & { readonly type: Type },
  when: When,
): void {
  const judge: Broken[Type] = broken[event.type];
  judge?.(life, event, when);
}
