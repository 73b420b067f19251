import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent, AccessEventType } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { BreakGlassBoard } from './break-glass-board.js';
import { CARDS } from './cards.controller.js';

/** Every event that changes what an announcement shows. */
const shownEvents: readonly AccessEventType[] = [
  'GrantIssued',
  'AccessRequestWithdrawn',
  'GrantRevoked',
  'GrantExpired',
  'GrantEnded',
  'ReviewRequested',
  'ReviewReminded',
  'ReviewCompleted',
];

/** Tells everybody of access that nobody approved, from its beginning to its review. */
@Controller()
export class BreakGlassController {
  constructor(@Inject(BreakGlassBoard) private readonly board: BreakGlassBoard) {}

  @EventPattern(shownEvents, CARDS)
  async show(@Payload() recorded: RecordedEvent<AccessEvent>): Promise<void> {
    const shown = this.board.show(recorded.aggregateId);
    // What cannot be shown in one place is still said in the others; it comes again by what failed.
    await shown.catch(() => undefined);
    await this.board.tell(recorded);
    await shown;
  }
}
