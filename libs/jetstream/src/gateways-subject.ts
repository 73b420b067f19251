/**
 * Core NATS subject on which every worker of every gateway says that it is there, for connectors to find them all:
 * `{"gateway": <uuid>, "gone": <boolean>}`. Nothing is kept of it.
 */
export const GATEWAYS_SUBJECT = 'drawbridge.gateways';
