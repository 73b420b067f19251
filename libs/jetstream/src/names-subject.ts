/** Policy asks gateways on it which names a selector stands for in a cluster. */
export const NAMES_SUBJECT = 'drawbridge.gateway.names';
