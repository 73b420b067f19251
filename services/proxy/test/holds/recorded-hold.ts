import type { HoldEvent, HoldEventData, HoldEventType } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';

export type { HoldEventType };

/** A hold as stream HOLDS has it. */
export interface RecordedHold {
  readonly holdId: string;
  readonly held: HoldEventData<'CommandHeld'>;
  readonly types: readonly HoldEventType[];
  readonly events: readonly RecordedEvent<HoldEvent>[];
  readonly sequence: number;
}
