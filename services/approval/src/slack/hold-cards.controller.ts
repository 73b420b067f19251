import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { holdWriterOf, type HoldEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import type { HoldStory } from '../domain/hold-story.js';
import type { CardBoard } from './card-board.js';

/** Transport of the handlers that show held calls in Slack. */
export const HOLD_CARDS = Symbol('hold cards');
/** The board of the cards of held calls. */
export const HOLD_BOARD = Symbol('hold board');

/** Keeps the cards of held calls true. Every event changes what they show. */
@Controller()
export class HoldCardsController {
  constructor(@Inject(HOLD_BOARD) private readonly board: CardBoard<HoldStory>) {}

  @EventPattern(Object.keys(holdWriterOf), HOLD_CARDS)
  async show(@Payload() { aggregateId }: RecordedEvent<HoldEvent>): Promise<void> {
    await this.board.show(aggregateId);
  }
}
