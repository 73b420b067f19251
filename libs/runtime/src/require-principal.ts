import type { Request } from 'express';
import {
  authorizationHeaders,
  hasTokenInQuery,
  TokenRefused,
  type TokenVerifier,
  type VerifiedToken,
} from '@drawbridge/token';

/**
 * Who is calling, from the request's bearer token.
 *
 * @throws TokenRefused also for a token in the query string, which may already stand in an access log
 */
export async function requirePrincipal(
  request: Pick<Request, 'originalUrl' | 'rawHeaders'>,
  verifier: Pick<TokenVerifier, 'verify'>,
): Promise<VerifiedToken> {
  if (hasTokenInQuery(request.originalUrl)) {
    throw new TokenRefused('token_in_query', 'a token is taken from the Authorization header only');
  }
  return verifier.verify(authorizationHeaders(request.rawHeaders));
}
