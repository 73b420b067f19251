import { z } from 'zod';
import { ConnectionName } from './access-terms.js';
import { event } from './define-event.js';
import { Principal } from './principal.js';
import type { ServiceName } from './service-name.js';

/** An agent as a stop names it; every token with this issuer and subject is meant. */
export const StoppedAgent = z.strictObject({
  issuer: z.string().min(1).max(2048),
  subject: z.string().min(1).max(256),
});
export type StoppedAgent = z.infer<typeof StoppedAgent>;

/** Which bridges are raised: all there are, those to one cluster, or those of one agent. */
export const StopTarget = z.union([
  z.literal('all'),
  z.strictObject({ connection: ConnectionName }),
  z.strictObject({ agent: StoppedAgent }),
]);
export type StopTarget = z.infer<typeof StopTarget>;

const reason = z.string();
const byHuman = { by: Principal, via: z.enum(['slack', 'http']), reason };

/** The command that opened it. It is on this connection, or not meant. */
const session = { commandId: z.uuid(), connection: ConnectionName };

/**
 * Facts about what ends many grants at once, oldest first. Subject: `drawbridge.stops.<key>`; the key says what is
 * covered, so that an event that cannot be read still stops. Each type has one writing service: see
 * {@link stopWriterOf}.
 */
export const StopEvent = z.discriminatedUnion('type', [
  event('BridgesRaised', {
    ...byHuman,
    target: StopTarget,
    /** Nothing is granted there until they are released; otherwise only what was open ends. */
    keep: z.boolean(),
  }),
  event('BridgesReleased', byHuman),
  /** A running exec, attach, port-forward, log or watch: nothing passes until it is resumed. */
  event('SessionPaused', { ...byHuman, ...session }),
  event('SessionResumed', { ...byHuman, ...session }),
  /** It ends; what allowed it stays open. */
  event('SessionCut', { ...byHuman, ...session }),
  event('AgentDisabled', { by: Principal, ...StoppedAgent.shape, reason }),
  event('AgentEnabled', { by: Principal, ...StoppedAgent.shape, reason }),
]);
export type StopEvent = z.infer<typeof StopEvent>;
export type StopEventType = StopEvent['type'];

/** The one service that may append an event type. */
export const stopWriterOf: Readonly<Record<StopEventType, ServiceName>> = {
  BridgesRaised: 'approval',
  BridgesReleased: 'approval',
  SessionPaused: 'approval',
  SessionResumed: 'approval',
  SessionCut: 'approval',
  AgentDisabled: 'identity',
  AgentEnabled: 'identity',
};
