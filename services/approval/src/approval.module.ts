import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';
import { TokenVerifier } from '@drawbridge/token';
import { APPROVAL_CLOCK } from './http/approval-clock.js';
import { ApprovalsController } from './http/approvals.controller.js';
import { BridgesController } from './http/bridges.controller.js';
import { GrantsController } from './http/grants.controller.js';
import { HoldsController } from './http/holds.controller.js';
import { ExtensionsController } from './http/extensions.controller.js';
import { RevocationsController } from './http/revocations.controller.js';
import { ReviewsController } from './http/reviews.controller.js';
import { SessionsController } from './http/sessions.controller.js';
import { ShownApprovals } from './http/shown-approvals.js';
import { StepUpController } from './http/step-up.controller.js';
import { IS_ADMIN, type IsAdmin } from './http/is-admin-token.js';
import { WebhooksController } from './http/webhooks.controller.js';
import { TicketCallbacksController } from './http/ticket-callbacks.controller.js';
import { AccessApprovals } from './nats/access-approvals.js';
import { Bridges } from './nats/bridges.js';
import { DecisionsController } from './nats/decisions.controller.js';
import { ExtensionOffers } from './nats/extension-offers.js';
import { HeldCommands } from './nats/held-commands.js';
import { OpenGrants } from './nats/open-grants.js';
import { OpenReviews } from './nats/open-reviews.js';
import { Reviews } from './nats/reviews.js';
import { Revocations } from './nats/revocations.js';
import { SessionOrders } from './nats/session-orders.js';
import { WaitingHolds } from './nats/waiting-holds.js';
import { WaitingRequests } from './nats/waiting-requests.js';
import { BreakGlassBoard } from './slack/break-glass-board.js';
import { BreakGlassController } from './slack/break-glass.controller.js';
import { CardBoard } from './slack/card-board.js';
import { CardThread } from './slack/card-thread.js';
import { CardsController } from './slack/cards.controller.js';
import { HOLD_BOARD, HoldCardsController } from './slack/hold-cards.controller.js';
import { NudgesController } from './slack/nudges.controller.js';
import { Nudges } from './slack/nudges.js';
import { SessionEndsController } from './slack/session-ends.controller.js';
import { SessionEnds } from './slack/session-ends.js';
import type { SlackParts } from './slack/start-slack.js';
import { STEP_UP_DESK, type StepUpParts } from './step-up/start-step-up.js';
import { DeadLetters } from './webhooks/dead-letters.js';
import { TicketCallbacks } from './webhooks/ticket-callbacks.js';

export interface ApprovalParts {
  readonly approvals: AccessApprovals;
  readonly waiting: WaitingRequests;
  readonly grants: OpenGrants;
  readonly clock: Clock;
  readonly holds: HeldCommands;
  readonly waitingHolds: WaitingHolds;
  readonly bridges: Bridges;
  readonly sessions: SessionOrders;
  readonly revocations: Revocations;
  readonly reviews: OpenReviews;
  readonly reviewing: Reviews;
  readonly offers: ExtensionOffers;
  readonly verifier: TokenVerifier;
  /** Absent without Slack. */
  readonly slack:
    | Pick<SlackParts, 'board' | 'thread' | 'holdBoard' | 'nudges' | 'sessionEnds' | 'breakGlass'>
    | undefined;
  readonly stepUp: Pick<StepUpParts, 'desk' | 'linkOf'>;
  readonly callbacks: TicketCallbacks;
  readonly deadLetters: DeadLetters;
  readonly isAdmin: IsAdmin;
}

const controllers = [
  ApprovalsController,
  GrantsController,
  HoldsController,
  BridgesController,
  SessionsController,
  RevocationsController,
  ReviewsController,
  ExtensionsController,
  StepUpController,
  TicketCallbacksController,
  WebhooksController,
  DecisionsController,
];

const slackControllers = [
  CardsController,
  HoldCardsController,
  NudgesController,
  BreakGlassController,
  SessionEndsController,
];

const slackProviders = (slack: NonNullable<ApprovalParts['slack']>): Provider[] => [
  { provide: CardBoard, useValue: slack.board },
  { provide: Nudges, useValue: slack.nudges },
  { provide: SessionEnds, useValue: slack.sessionEnds },
  { provide: BreakGlassBoard, useValue: slack.breakGlass },
  { provide: CardThread, useValue: slack.thread },
  { provide: HOLD_BOARD, useValue: slack.holdBoard },
];

@Module({})
export class ApprovalModule {
  static with(parts: ApprovalParts): DynamicModule {
    const {
      approvals,
      waiting,
      grants,
      clock,
      holds,
      waitingHolds,
      bridges,
      sessions,
      revocations,
      reviews,
      reviewing,
      offers,
      verifier,
      slack,
      stepUp,
      callbacks,
      deadLetters,
      isAdmin,
    } = parts;
    return {
      module: ApprovalModule,
      controllers: [...controllers, ...(slack === undefined ? [] : slackControllers)],
      providers: [
        { provide: AccessApprovals, useValue: approvals },
        { provide: WaitingRequests, useValue: waiting },
        { provide: OpenGrants, useValue: grants },
        { provide: APPROVAL_CLOCK, useValue: clock },
        { provide: HeldCommands, useValue: holds },
        { provide: WaitingHolds, useValue: waitingHolds },
        { provide: Bridges, useValue: bridges },
        { provide: SessionOrders, useValue: sessions },
        { provide: Revocations, useValue: revocations },
        { provide: OpenReviews, useValue: reviews },
        { provide: Reviews, useValue: reviewing },
        { provide: ExtensionOffers, useValue: offers },
        { provide: TokenVerifier, useValue: verifier },
        { provide: TicketCallbacks, useValue: callbacks },
        { provide: DeadLetters, useValue: deadLetters },
        { provide: IS_ADMIN, useValue: isAdmin },
        { provide: STEP_UP_DESK, useValue: stepUp.desk },
        { provide: ShownApprovals, useValue: new ShownApprovals(waiting, stepUp.linkOf) },
        ...(slack === undefined ? [] : slackProviders(slack)),
      ],
    };
  }
}
