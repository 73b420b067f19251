import { z } from 'zod';
import { Instant, RequestId } from './access-terms.js';
import { event } from './define-event.js';
import type { ServiceName } from './service-name.js';

const ofGrant = { grantId: z.uuid(), accessRequestId: RequestId, commandId: z.uuid() };

/**
 * Facts about the use of one grant, oldest first. Subject: `drawbridge.uses.<grantId>`. A stream
 * beside ACCESS, since whoever may publish there could write `GrantIssued`: see {@link useWriterOf}.
 */
export const UseEvent = z.discriminatedUnion('type', [
  /** Stored before the call is forwarded: it is used, whatever becomes of it. */
  event('CallCounted', { ...ofGrant, isChange: z.boolean() }),
  /** A counted call is over. Of a call whose gateway was killed it is missing. */
  event('CallFinished', ofGrant),
  /** A token that was issued behind the grant names none of the groups that the grant is for. */
  event('GrantGroupLost', { ...ofGrant, tokenIssuedAt: Instant }),
]);
export type UseEvent = z.infer<typeof UseEvent>;
export type UseEventType = UseEvent['type'];
/** The data of one event type, e.g. `UseEventData<'CallCounted'>`. */
export type UseEventData<Type extends UseEventType> = Extract<UseEvent, { type: Type }>['data'];

/** The one service that may append an event type. */
export const useWriterOf: Readonly<Record<UseEventType, ServiceName>> = {
  CallCounted: 'proxy',
  CallFinished: 'proxy',
  GrantGroupLost: 'proxy',
};
