/** Approval asks audit on it what was done by a grant. */
export const SESSION_SUMMARY_SUBJECT = 'drawbridge.audit.session-summary';
