import type { Principal } from '@drawbridge/contracts';
import { authorizationHeaders, hasTokenInQuery, TokenRefused } from '@drawbridge/token';
import type { VerifiedToken } from '@drawbridge/token';
import { protocolAuthorization } from '../channels/bearer-protocol.js';
import type { Step } from './exchange.js';
import type { Parsed } from './parse.js';

export interface Authenticated extends Parsed {
  readonly agent: Principal;
  readonly tokenExpiresAt: Date;
}

/** The part of `TokenVerifier` that is needed here. */
export interface Verifier {
  verify(authorization: readonly string[]): Promise<VerifiedToken>;
}

/** Finds out who is calling, from the one `Authorization` header (or WebSocket protocol) and the trust bundle alone. */
export const authenticate =
  (verifier: Verifier): Step<Parsed, Authenticated> =>
  (next) =>
  async (call) => {
    if (hasTokenInQuery(call.target)) {
      throw new TokenRefused(
        'token_in_query',
        'a token in the query has leaked into logs; send it as "Authorization: Bearer"',
      );
    }
    const { rawHeaders } = call.request;
    const inProtocol = call.upgrade === undefined ? undefined : protocolAuthorization(rawHeaders);
    const headers = inProtocol === undefined ? authorizationHeaders(rawHeaders) : [inProtocol];
    const { principal, expiresAt } = await verifier.verify(headers);
    call.facts.agent = principal;
    return next({ ...call, agent: principal, tokenExpiresAt: expiresAt });
  };
