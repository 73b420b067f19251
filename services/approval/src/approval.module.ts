import { Module, type DynamicModule } from '@nestjs/common';
import { TokenVerifier } from '@drawbridge/token';
import { ApprovalsController } from './http/approvals.controller.js';
import { AccessApprovals } from './nats/access-approvals.js';
import { DecisionsController } from './nats/decisions.controller.js';
import { WaitingRequests } from './nats/waiting-requests.js';
import { CardBoard } from './slack/card-board.js';
import { CardsController } from './slack/cards.controller.js';

export interface ApprovalParts {
  readonly approvals: AccessApprovals;
  readonly waiting: WaitingRequests;
  readonly verifier: TokenVerifier;
  /** Absent without Slack. */
  readonly board?: CardBoard;
}

@Module({})
export class ApprovalModule {
  static with({ approvals, waiting, verifier, board }: ApprovalParts): DynamicModule {
    return {
      module: ApprovalModule,
      controllers: [
        ApprovalsController,
        DecisionsController,
        ...(board === undefined ? [] : [CardsController]),
      ],
      providers: [
        { provide: AccessApprovals, useValue: approvals },
        { provide: WaitingRequests, useValue: waiting },
        { provide: TokenVerifier, useValue: verifier },
        ...(board === undefined ? [] : [{ provide: CardBoard, useValue: board }]),
      ],
    };
  }
}
