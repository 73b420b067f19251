/** Identity asks policy on it what it would say to a request. */
export const EXPLAIN_SUBJECT = 'drawbridge.policy.explain';
