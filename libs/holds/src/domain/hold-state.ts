import type { HoldEventData, HoldStatus } from '@drawbridge/contracts';

export type CommandHeld = HoldEventData<'CommandHeld'>;
export type HoldApproval = HoldEventData<'HoldApproved'>;
export type HoldEndorsement = HoldEventData<'HoldEndorsed'>;
export type HoldDenial = HoldEventData<'HoldDenied'>;

/** A status after which nothing changes any more. */
export type HoldOutcome = Exclude<HoldStatus, 'open' | 'approved'>;

/** A hold that has ended; it stays so. */
export interface EndedHold {
  readonly status: 'ended';
  readonly outcome: HoldOutcome;
  readonly held: CommandHeld;
  readonly endorsements?: readonly HoldEndorsement[];
  readonly approval?: HoldApproval;
  /** When it was denied. */
  readonly denial?: HoldDenial;
  /** The one command that was let through, when it was. */
  readonly releasedCommandId?: string;
}

/** One held call: the fold of its events. */
export type Hold =
  | { readonly status: 'absent' }
  | {
      readonly status: 'open';
      readonly held: CommandHeld;
      /** Who said yes while more are needed, oldest first; absent: nobody. */
      readonly endorsements?: readonly HoldEndorsement[];
    }
  | {
      readonly status: 'approved';
      readonly held: CommandHeld;
      readonly endorsements?: readonly HoldEndorsement[];
      readonly approval: HoldApproval;
    }
  | EndedHold;

export const initialHold: Hold = { status: 'absent' };
