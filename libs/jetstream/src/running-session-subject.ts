/** Approval asks all gateways on it which of them has a session that runs; that one answers. */
export const RUNNING_SESSION_SUBJECT = 'drawbridge.gateway.running-session';
