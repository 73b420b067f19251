import type { AccessEventType } from './access-event.js';

/** Every type is listed, so that a new one must be judged. */
const ends: Readonly<Record<AccessEventType, boolean>> = {
  AccessRequested: false,
  AccessRequestValidated: false,
  AccessRequestDenied: false,
  ApprovalRequested: false,
  ApprovalGiven: false,
  ApprovalDenied: false,
  ApprovalVoided: false,
  ApprovalReminded: false,
  ApprovalEscalated: false,
  TicketDecided: false,
  QuestionAsked: false,
  QuestionAnswered: false,
  AccessRequestApproved: false,
  AccessRequestRejected: false,
  AccessRequestLapsed: false,
  GrantIssued: false,
  ExtensionRequested: false,
  ExtensionOffered: false,
  ExtensionValidated: false,
  ExtensionDenied: false,
  ExtensionApproved: false,
  ExtensionClosed: false,
  GrantExtended: false,
  // The end that it orders follows.
  RevocationOrdered: false,
  AccessRequestWithdrawn: true,
  GrantRevoked: true,
  GrantExpired: true,
  GrantEnded: true,
  ReviewRequested: false,
  ReviewReminded: false,
  ReviewCompleted: false,
};

/** Whether nothing more is done under the grant of an access request behind this event. */
export const endsGrant = (type: AccessEventType): boolean => ends[type];

/** The types of events for which {@link endsGrant} holds. */
export const grantEnds: readonly string[] = Object.entries(ends).flatMap(([type, isEnd]) =>
  isEnd ? [type] : [],
);
