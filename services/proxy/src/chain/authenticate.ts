import type { Principal } from '@drawbridge/contracts';
import { hasTokenInQuery, TokenRefused } from '@drawbridge/token';
import type { TokenMemo, VerifiedToken } from '@drawbridge/token';
import { protocolAuthorization } from '../channels/bearer-protocol.js';
import type { Step } from './exchange.js';
import type { Parsed } from './parse.js';

export interface Authenticated extends Parsed {
  readonly agent: Principal;
  readonly tokenExpiresAt: Date;
  readonly tokenIssuedAt: Date | undefined;
}

/** The part of `TokenVerifier` that is needed here. */
export interface Verifier {
  recall(authorization: string | undefined, memo?: TokenMemo): VerifiedToken | undefined;
  verify(authorization: string | undefined): Promise<VerifiedToken>;
}

/**
 * Finds out who is calling, from the one `Authorization` header (or WebSocket protocol) and the trust bundle alone.
 * Without a promise when the token is known: an agent sends the same one for many calls.
 */
export const authenticate =
  (verifier: Verifier): Step<Parsed, Authenticated> =>
  (next) => {
    const goOn = (call: Parsed, { principal, expiresAt, issuedAt }: VerifiedToken) => {
      call.facts.agent = principal;
      return next({
        ...call,
        agent: principal,
        tokenExpiresAt: expiresAt,
        tokenIssuedAt: issuedAt,
      });
    };
    return (call) => {
      const authorization = authorizationOf(call);
      const known = verifier.recall(authorization, call.request.connection.tokens);
      if (known !== undefined) return goOn(call, known);
      return verifier.verify(authorization).then((verified) => goOn(call, verified));
    };
  };

/** Asks once more, of a call that has waited: its token may not be good any more. @throws {@link TokenRefused} */
export async function authenticateAgain(verifier: Verifier, call: Parsed): Promise<void> {
  const authorization = authorizationOf(call);
  if (verifier.recall(authorization) === undefined) await verifier.verify(authorization);
}

function authorizationOf({ target, request, upgrade }: Parsed): string | undefined {
  if (hasTokenInQuery(target)) {
    throw new TokenRefused(
      'token_in_query',
      'a token in the query has leaked into logs; send it as "Authorization: Bearer"',
    );
  }
  const inProtocol = upgrade === undefined ? undefined : protocolAuthorization(request.rawHeaders);
  return inProtocol ?? request.headers.value('authorization');
}
