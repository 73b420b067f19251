import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { AccessApprovals } from './access-approvals.js';

/** Transport of the handlers that decide; they never wait for Slack. */
export const DECISIONS = Symbol('decisions');

/** What the events of other services, and our own, make necessary. */
@Controller()
export class DecisionsController {
  constructor(@Inject(AccessApprovals) private readonly approvals: AccessApprovals) {}

  @EventPattern('AccessRequestValidated', DECISIONS)
  askHumans(@Payload() { aggregateId, id }: RecordedEvent<AccessEvent>): Promise<void> {
    return this.approvals.react('RequestApproval', aggregateId, id);
  }

  @EventPattern('ExtensionValidated', DECISIONS)
  askForMore(@Payload() { aggregateId, id }: RecordedEvent<AccessEvent>): Promise<void> {
    return this.approvals.react('RequestApproval', aggregateId, id);
  }

  @EventPattern('ApprovalGiven', DECISIONS)
  countApprovals(@Payload() { aggregateId, id }: RecordedEvent<AccessEvent>): Promise<void> {
    return this.approvals.react('CompleteApproval', aggregateId, id);
  }

  /** One of them has nothing to do. */
  @EventPattern('TicketDecided', DECISIONS)
  async goOnByTicket(@Payload() { aggregateId, id }: RecordedEvent<AccessEvent>): Promise<void> {
    await this.approvals.react('CompleteApproval', aggregateId, id);
    await this.approvals.react('RejectRequest', aggregateId, id);
  }

  @EventPattern('ApprovalDenied', DECISIONS)
  rejectRequest(@Payload() { aggregateId, id }: RecordedEvent<AccessEvent>): Promise<void> {
    return this.approvals.react('RejectRequest', aggregateId, id);
  }
}
