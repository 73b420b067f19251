export {
  authorizationHeaders,
  hasTokenInQuery,
  MAX_TOKEN_BYTES,
  readBearerToken,
} from './bearer-token.js';
export { parseStrictJson, StrictJsonError } from './parse-strict-json.js';
export { principalOf } from './principal-of.js';
export { TokenRefused, tokenStatus, type TokenRefusal } from './token-refused.js';
export { TokenVerifier } from './token-verifier.js';
export { verifyToken, type VerifiedToken } from './verify-token.js';
