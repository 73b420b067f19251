import type {
  HoldCancelReason,
  HoldEvent,
  HoldEventData,
  HoldEventType,
  HoldStatus,
  Principal,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';

/** A human's yes or no to a held call. */
export interface HoldDecision {
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly at: string;
  readonly remark?: string;
}

/** What humans are told about one held call. */
export interface HoldStory {
  readonly id: string;
  readonly status: HoldStatus;
  /** Stream sequence of the newest event folded in. */
  readonly revision: number;
  readonly heldAt: string;
  readonly held: HoldEventData<'CommandHeld'>;
  /** Who said yes while more were needed, oldest first. */
  readonly endorsements: readonly HoldDecision[];
  readonly approval?: HoldDecision;
  /** Until when an approved call may be released. */
  readonly validUntil?: string;
  readonly denial?: HoldDecision;
  readonly endedAt?: string;
  readonly cancelReason?: HoldCancelReason;
  readonly releasedCommandId?: string;
}

/** The story of one hold; `undefined` until a call was held. */
export function tellHoldStory(events: readonly RecordedEvent<HoldEvent>[]): HoldStory | undefined {
  return events.reduce<HoldStory | undefined>(continueHoldStory, undefined);
}

/** Folds one more event into a story. */
export function continueHoldStory(
  story: HoldStory | undefined,
  { aggregateId: id, event, at, sequence: revision }: RecordedEvent<HoldEvent>,
): HoldStory | undefined {
  if (event.type === 'CommandHeld') {
    return (
      story ?? { id, status: 'open', revision, heldAt: at, held: event.data, endorsements: [] }
    );
  }
  if (story === undefined) return undefined;
  return { ...story, ...changeBy(event, at, story), revision };
}

type Change = Partial<HoldStory>;

/** What each event adds; every type is listed, so that a new one must be judged. */
const changes: {
  readonly [Type in HoldEventType]: (
    data: HoldEventData<Type>,
    at: string,
    story: HoldStory,
  ) => Change;
} = {
  CommandHeld: () => ({}),
  HoldEndorsed: ({ approver, via, comment }, at, { endorsements }) => ({
    endorsements: [...endorsements, decision({ approver, via, remark: comment, at })],
  }),
  HoldApproved: ({ approver, via, comment, validUntil }, at) => ({
    status: 'approved',
    approval: decision({ approver, via, remark: comment, at }),
    validUntil,
  }),
  HoldDenied: ({ approver, via, reason }, at) => ({
    status: 'denied',
    denial: decision({ approver, via, remark: reason, at }),
    endedAt: at,
  }),
  HoldLapsed: (_, at) => ({ status: 'lapsed', endedAt: at }),
  HoldCancelled: ({ reason }, at) => ({ status: 'cancelled', endedAt: at, cancelReason: reason }),
  CommandReleased: ({ commandId }, at) => ({
    status: 'released',
    endedAt: at,
    releasedCommandId: commandId,
  }),
  HoldExpired: (_, at) => ({ status: 'expired', endedAt: at }),
};

const changeBy = <Type extends HoldEventType>(
  { type, data }: { readonly type: Type; readonly data: HoldEventData<Type> },
  at: string,
  story: HoldStory,
): Change => changes[type](data, at, story);

interface Said {
  readonly approver: Principal;
  readonly via: HoldDecision['via'];
  readonly remark: string | undefined;
  readonly at: string;
}

const decision = ({ approver: by, via, remark, at }: Said): HoldDecision => ({
  by,
  via,
  at,
  ...(remark === undefined ? {} : { remark }),
});
