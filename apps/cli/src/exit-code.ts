import type { AccessStatus } from '@drawbridge/contracts';

/** What the process ends with; `docs/cli.md` and `drawbridge --help` list the same. */
export const exitCode = {
  ok: 0,
  error: 1,
  usage: 2,
  notLoggedIn: 3,
  denied: 4,
  rejected: 5,
  lapsed: 6,
  timeout: 7,
  ended: 8,
  unavailable: 9,
  different: 10,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  0: 'done; with --wait: granted',
  1: 'error',
  2: 'usage: an argument or the content of a request is not valid',
  3: 'not logged in, or the token was refused',
  4: 'denied by policy, or not allowed to do this',
  5: 'rejected by an approver',
  6: 'lapsed: nobody decided in time',
  7: 'not decided within the time of --wait; the request goes on',
  8: 'the request was withdrawn, or its grant is over',
  9: 'a part of Drawbridge cannot be reached, or is too busy: try again',
  10: 'audit rerun: a call was answered differently',
};

const byStatus: Readonly<Record<AccessStatus, ExitCode>> = {
  requested: exitCode.timeout,
  pending: exitCode.timeout,
  approved: exitCode.timeout,
  granted: exitCode.ok,
  denied: exitCode.denied,
  rejected: exitCode.rejected,
  lapsed: exitCode.lapsed,
  withdrawn: exitCode.ended,
  expired: exitCode.ended,
  revoked: exitCode.ended,
};

/** How waiting for an access request ended, by where the request stands then. */
export const exitCodeOfStatus = (status: AccessStatus): ExitCode => byStatus[status];

const byHttpStatus: Readonly<Record<number, ExitCode>> = {
  400: exitCode.usage,
  401: exitCode.notLoggedIn,
  403: exitCode.denied,
  422: exitCode.denied,
  429: exitCode.unavailable,
  502: exitCode.unavailable,
  503: exitCode.unavailable,
  504: exitCode.unavailable,
};

/** How a refusal of an API ends the process. */
export const exitCodeOfHttp = (status: number): ExitCode => byHttpStatus[status] ?? exitCode.error;
