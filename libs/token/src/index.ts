export { claimsOf } from './claims-of.js';
export { authorizationHeaders, hasTokenInQuery } from './bearer-token.js';
export { parseStrictJson, StrictJsonError } from './parse-strict-json.js';
export { TokenRefused, tokenStatus, type TokenRefusal } from './token-refused.js';
export type { TokenLogin } from './login-of.js';
export { TokenMemo } from './token-memo.js';
export { TokenVerifier } from './token-verifier.js';
export type { VerifiedToken } from './verify-token.js';
