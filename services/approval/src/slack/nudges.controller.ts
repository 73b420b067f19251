import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent, AccessEventType } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import type { RequestStory } from '../domain/request-story.js';
import { CardBoard } from './card-board.js';
import { CARDS } from './cards.controller.js';
import { Nudges } from './nudges.js';

const nudges: readonly AccessEventType[] = ['ApprovalReminded', 'ApprovalEscalated'];

/** Tells people in Slack that a step still waits; the card is brought up to date with it. */
@Controller()
export class NudgesController {
  constructor(
    @Inject(CardBoard) private readonly board: CardBoard<RequestStory>,
    @Inject(Nudges) private readonly nudges: Nudges,
  ) {}

  @EventPattern(nudges, CARDS)
  async post(@Payload() event: RecordedEvent<AccessEvent>): Promise<void> {
    await this.board.show(event.aggregateId);
    await this.nudges.post(event);
  }
}
