import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent, AccessEventType } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import type { RequestStory } from '../domain/request-story.js';
import { CardBoard } from './card-board.js';
import { CardThread } from './card-thread.js';
import { endings } from './session-ends.js';
import { noteOf } from './thread-notes.js';

/** Transport of the handlers that call Slack, so that Slack's troubles delay no decision. */
export const CARDS = Symbol('cards');

/** Every event that changes what a card shows. */
const shownEvents: readonly AccessEventType[] = [
  'ApprovalRequested',
  'ApprovalGiven',
  'ApprovalDenied',
  'ApprovalVoided',
  'TicketDecided',
  'AccessRequestWithdrawn',
  'AccessRequestDenied',
  'AccessRequestApproved',
  'AccessRequestRejected',
  'AccessRequestLapsed',
  'GrantIssued',
  'ExtensionRequested',
  'ExtensionOffered',
  'ExtensionValidated',
  'ExtensionDenied',
  'ExtensionApproved',
  'ExtensionClosed',
  'GrantExtended',
  'GrantRevoked',
  'GrantExpired',
  'GrantEnded',
  'QuestionAsked',
  'QuestionAnswered',
];

/** Keeps the cards in Slack true. */
@Controller()
export class CardsController {
  constructor(
    @Inject(CardBoard) private readonly board: CardBoard<RequestStory>,
    @Inject(CardThread) private readonly thread: CardThread<RequestStory>,
  ) {}

  @EventPattern(shownEvents, CARDS)
  async show(@Payload() recorded: RecordedEvent<AccessEvent>): Promise<void> {
    const isAsked = await this.board.show(recorded.aggregateId);
    // That a grant is over is said with what was done by it: in session-ends.controller.
    const isEnd = endings.includes(recorded.event.type);
    const note = isAsked && !isEnd ? noteOf(recorded) : undefined;
    if (note !== undefined) await this.thread.say(note);
  }
}
