import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { endings, SessionEnds } from './session-ends.js';

/** Transport of what waits for the record of commands, so that no card waits with it. */
export const SESSION_ENDS = Symbol('session ends');

/** Tells below cards that grants are over. */
@Controller()
export class SessionEndsController {
  constructor(@Inject(SessionEnds) private readonly ends: SessionEnds) {}

  @EventPattern(endings, SESSION_ENDS)
  async tell(@Payload() recorded: RecordedEvent<AccessEvent>): Promise<void> {
    await this.ends.tell(recorded);
  }
}
