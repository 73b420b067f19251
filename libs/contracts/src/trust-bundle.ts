import { z } from 'zod';
import { Instant } from './access-terms.js';

/** JSON pointer (RFC 6901) into the token's claims. */
export const ClaimPointer = z.string().regex(/^(\/([^~/]|~[01])*)+$/, 'expected a JSON pointer');

/** Whether a token speaks for an agent or a human: fixed for the issuer, or read from a claim. */
export const PrincipalKindRule = z.union([
  z.enum(['agent', 'human']),
  z.strictObject({
    pointer: ClaimPointer,
    agent: z.array(z.string()).default([]),
    human: z.array(z.string()).default([]),
  }),
]);

/** How claims become a principal. A required claim that is missing or of another type refuses the token. */
export const ClaimMapping = z.strictObject({
  kind: PrincipalKindRule,
  groups: ClaimPointer.optional().describe(
    'array of strings, or one string; absent pointer: no groups',
  ),
  groupsPrefix: z
    .string()
    .min(1)
    .max(64)
    .refine((prefix) => !prefix.toLowerCase().startsWith('on-call:'), 'expected no reserved prefix')
    .optional()
    .describe(
      'put before every group of this issuer, so that none of them is a group of another issuer; as `--oidc-groups-prefix` of the kube-apiserver',
    ),
  email: ClaimPointer.optional(),
  owner: ClaimPointer.optional(),
  sponsor: ClaimPointer.optional().describe(
    'who vouches for an agent beside its owner: an e-mail address or subject; never approves for it',
  ),
  run: ClaimPointer.optional().describe(
    'the run of the agent that a token was made for; a grant that names a run is used by tokens of that run only',
  ),
});
export type ClaimMapping = z.infer<typeof ClaimMapping>;

export const SigningAlgorithm = z.enum([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]);

/** One issuer as every verifier needs it. Holds public keys only. */
export const TrustedIssuer = z.strictObject({
  issuer: z.url(),
  audiences: z.array(z.string().min(1)).min(1),
  algorithms: z.array(SigningAlgorithm).min(1),
  clockSkewSeconds: z.int().min(0).max(300),
  maxTokenAgeSeconds: z.int().min(60).optional(),
  /** When set, a token's `azp` (or `client_id`) must be one of these. */
  authorizedParties: z.array(z.string()).optional(),
  claims: ClaimMapping,
  /** Owner by agent subject, for issuers that cannot put it in a claim. Wins over the claim. */
  owners: z.record(z.string(), z.string()).default({}),
  disabledSubjects: z.array(z.string()).default([]),
  /** Public JWK set as fetched from the issuer's configured metadata. */
  keys: z.array(z.looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']), kid: z.string().optional() })),
});
export type TrustedIssuer = z.infer<typeof TrustedIssuer>;

/** All trust, published by identity to the KV bucket `drawbridge_trust`, key `bundle`. */
export const TrustBundle = z.strictObject({
  revision: z.int(),
  publishedAt: Instant,
  issuers: z.array(TrustedIssuer),
});
export type TrustBundle = z.infer<typeof TrustBundle>;
