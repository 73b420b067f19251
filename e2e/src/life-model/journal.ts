import type { AccessEvent, ServiceName, StopEvent, UseEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';

/** What was known when something was decided. */
export interface Known {
  /** True time, when it was stored. */
  readonly nowMs: number;
  /** True time, when the command was accepted. */
  readonly acceptedMs: number;
  /** Length of the journal when it was decided: what stands behind it could not be known. */
  readonly decidedAt: number;
  /** How many stops the process that decided had heard of. */
  readonly stopsSeen: number;
  /** Absent of what was forged. */
  readonly writer?: ServiceName;
}

/** A call at a gateway, and what it said. */
export interface CallTried {
  readonly kind: 'call';
  readonly nowMs: number;
  /** By the clock of that gateway. */
  readonly localMs: number;
  readonly subject: string;
  readonly connection: string;
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly tokenIssuedAt: string;
  readonly shownKey?: string;
  /** The grant by which it was allowed. */
  readonly grantId?: string;
  /** How many events this gateway had heard of. */
  readonly accessSeen: number;
  readonly stopsSeen: number;
}

/** One thing that happened, in the true order of all of them. */
export type Entry =
  | ({ readonly kind: 'access'; readonly recorded: RecordedEvent<AccessEvent> } & Known)
  | ({ readonly kind: 'stop'; readonly recorded: RecordedEvent<StopEvent> } & Known)
  | ({ readonly kind: 'use'; readonly recorded: RecordedEvent<UseEvent> } & Known)
  | { readonly kind: 'disabled'; readonly email: string }
  /** What stands in a list of places from now on. */
  | { readonly kind: 'places'; readonly nowMs: number; readonly value: unknown }
  /** Identity has ended a run, as far as it had heard of its requests. */
  | {
      readonly kind: 'runEnded';
      readonly nowMs: number;
      readonly subject: string;
      readonly runId: string;
      readonly accessSeen: number;
    }
  | CallTried
  | { readonly kind: 'forwarded'; readonly grantId: string; readonly isChange: boolean };
