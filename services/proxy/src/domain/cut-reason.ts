import type { GrantEndReason } from './open-grants.js';

/** Why the gateway ended an answer that had begun. Codes that a refusal of the next call has too. */
export type CutReason =
  | GrantEndReason
  | 'grant_group_lost'
  | 'token_expired'
  | 'token_issuer_unknown'
  | 'token_subject_disabled'
  | 'connection_changed'
  | 'bus_lost'
  | 'client_too_slow'
  | 'record_unavailable'
  | 'session_cut'
  | 'malformed_frames'
  | 'proxy_draining';

/** What a client is told, where it can be told, and under which HTTP status. */
export const cuts: Readonly<Record<CutReason, { statusCode: number; message: string }>> = {
  grant_expired: { statusCode: 403, message: 'your grant ended; ask for a new one' },
  grant_revoked: { statusCode: 403, message: 'your grant was revoked' },
  grant_withdrawn: { statusCode: 403, message: 'the access request was withdrawn' },
  grant_group_lost: { statusCode: 403, message: 'you are no member of the group any more' },
  grant_used_up: { statusCode: 403, message: 'your grant was used as often as it allowed' },
  grant_idle: { statusCode: 403, message: 'your grant ended because it was not used' },
  bridges_raised: {
    statusCode: 403,
    message: 'the bridges were raised: every grant there ended; ask again when they are released',
  },
  token_expired: { statusCode: 401, message: 'the token this was opened with has expired' },
  token_issuer_unknown: {
    statusCode: 401,
    message: 'the issuer of your token is no longer trusted',
  },
  token_subject_disabled: { statusCode: 403, message: 'your identity was disabled' },
  connection_changed: { statusCode: 503, message: 'the connection was reconfigured' },
  bus_lost: {
    statusCode: 503,
    message: 'the gateway has lost its event bus and could not learn of a revocation',
  },
  client_too_slow: { statusCode: 408, message: 'the answer was not read for a minute' },
  record_unavailable: {
    statusCode: 503,
    message: 'what passes here can no longer be recorded; try again later',
  },
  session_cut: { statusCode: 403, message: 'a human has ended this session' },
  malformed_frames: { statusCode: 400, message: 'what came is no valid stream of frames' },
  proxy_draining: { statusCode: 503, message: 'the gateway is stopping; connect again' },
};
