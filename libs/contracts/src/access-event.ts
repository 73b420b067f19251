import { z } from 'zod';
import { approvalEvents } from './approval-events.js';
import { identityEvents } from './identity-events.js';
import { policyEvents } from './policy-events.js';
import type { ServiceName } from './service-name.js';

/**
 * Facts about one access request and its grant, oldest first. Subject: `drawbridge.access.<requestId>`.
 * Each type has one writing service: see {@link writerOf}.
 */
export const AccessEvent = z.discriminatedUnion('type', [
  ...identityEvents,
  ...policyEvents,
  ...approvalEvents,
]);
export type AccessEvent = z.infer<typeof AccessEvent>;
export type AccessEventType = AccessEvent['type'];
/** The data of one event type, e.g. `AccessEventData<'GrantIssued'>`. */
export type AccessEventData<Type extends AccessEventType> = Extract<
  AccessEvent,
  { type: Type }
>['data'];

/** The one service that may append an event type. */
export const writerOf: Readonly<Record<AccessEventType, ServiceName>> = {
  AccessRequested: 'identity',
  AccessRequestWithdrawn: 'identity',
  ExtensionRequested: 'identity',
  QuestionAnswered: 'identity',
  AccessRequestValidated: 'policy',
  AccessRequestDenied: 'policy',
  ApprovalRequested: 'approval',
  ApprovalGiven: 'approval',
  ApprovalDenied: 'approval',
  ApprovalVoided: 'approval',
  ApprovalReminded: 'approval',
  ApprovalEscalated: 'approval',
  TicketDecided: 'approval',
  QuestionAsked: 'approval',
  AccessRequestApproved: 'approval',
  AccessRequestRejected: 'approval',
  AccessRequestLapsed: 'approval',
  ExtensionOffered: 'approval',
  ExtensionApproved: 'approval',
  ExtensionClosed: 'approval',
  RevocationOrdered: 'approval',
  ReviewRequested: 'approval',
  ReviewReminded: 'approval',
  ReviewCompleted: 'approval',
  GrantIssued: 'policy',
  ExtensionValidated: 'policy',
  ExtensionDenied: 'policy',
  GrantExtended: 'policy',
  GrantRevoked: 'policy',
  GrantExpired: 'policy',
  GrantEnded: 'policy',
};
