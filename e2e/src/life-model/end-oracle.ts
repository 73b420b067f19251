import type { AccessEvent, AccessEventType } from '@drawbridge/contracts';
import { claim, type AccessEntry, type Life } from './life.js';
import { MAX_SKEW_MS } from './policies.js';

type EventOf<Type> = Extract<AccessEvent, { type: Type }>;
interface When {
  readonly localMs: number;
  readonly nowMs: number;
}
type Ends = {
  readonly [Type in AccessEventType]?: (life: Life, event: EventOf<Type>, when: When) => void;
};

/** The ends that there are, each only for its reason. */
const ends: Ends = {
  AccessRequestDenied: () => undefined,
  AccessRequestRejected: ({ quorum }, event) => {
    claim(quorum?.isDenied === true, 'I6: nobody said no', event);
  },
  AccessRequestLapsed: ({ quorum, decideByMs }, event, { localMs }) => {
    claim(localMs >= decideByMs, 'I6: lapsed early', event);
    claim(quorum?.isComplete === false, 'I6: lapsed though decided', event);
  },
  GrantExpired: ({ grant }, event, { localMs, nowMs }) => {
    const endsAtMs = grant?.endsAtMs ?? Infinity;
    claim(localMs >= endsAtMs && nowMs >= endsAtMs - MAX_SKEW_MS, 'I6: expired early', event);
  },
  GrantEnded: ({ grant, calls, changes }, event) => {
    claim(event.data.cause === 'used_up', 'I6: nothing here ends for want of use', event);
    const { maxCalls = Infinity, maxChanges = Infinity } = grant?.data.terms.limits ?? {};
    claim(calls >= maxCalls || changes >= maxChanges, 'I6: not used up', event);
  },
  GrantRevoked: ({ isOrdered, isWithdrawn, hasLostGroup }, event) => {
    const { cause } = event.data;
    claim(cause !== 'group_lost' || hasLostGroup, 'I6: nobody has left', event);
    claim(cause !== 'ordered' || isOrdered, 'I6: nobody ordered it', event);
    claim(cause !== 'withdrawn' || isWithdrawn, 'I6: nobody withdrew it', event);
  },
};

/** Whether a use is over by an event, also before policy has recorded the end. */
export const endsUse = (type: AccessEventType): boolean =>
  type in ends || type === 'AccessRequestWithdrawn' || type === 'RevocationOrdered';

/** I6: at most one end. */
export function end(life: Life, { recorded: { event, at }, nowMs }: AccessEntry): void {
  if (!(event.type in ends)) return;
  claim(life.end === undefined, 'I6: ended twice', event);
  claim(!(life.isWithdrawn && life.grant === undefined), 'I6: ended after withdrawal', event);
  const isOfGrant = event.type.startsWith('Grant');
  claim(isOfGrant === (life.grant !== undefined), 'I6: the end of something else', event);
  judge(life, event, { localMs: Date.parse(at), nowMs });
  life.end = event.type;
}

function judge<Type extends AccessEventType>(
  life: Life,
  event: EventOf<Type> & { readonly type: Type },
  when: When,
): void {
  const why: Ends[Type] = ends[event.type];
  why?.(life, event, when);
}
