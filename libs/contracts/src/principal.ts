import { z } from 'zod';

/** What a verified OIDC token says about its bearer. Never holds the token. */
export const Principal = z.strictObject({
  kind: z.enum(['agent', 'human']),
  /** `iss`, exactly as configured. */
  issuer: z.string().min(1).max(2048),
  /** `sub`; with the issuer it identifies the principal. */
  subject: z.string().min(1).max(256),
  groups: z.array(z.string().min(1).max(256)).max(500),
  email: z.string().max(320).optional(),
  /** The human answerable for an agent: an e-mail address or subject. May never approve for it. */
  owner: z.string().min(1).max(320).optional(),
  /** Who vouches for an agent beside its owner; may never approve for it, whatever a policy says. */
  sponsor: z.string().min(1).max(320).optional(),
  /** The one run of an agent that the token was made for, where the issuer tells. */
  run: z.string().min(1).max(128).optional(),
});
export type Principal = z.infer<typeof Principal>;

/** Stable text form of an identity: `<issuer>#<subject>`. */
export const principalId = (principal: Pick<Principal, 'issuer' | 'subject'>): string =>
  `${principal.issuer}#${principal.subject}`;

/** How it is known that a human lets an agent ask for them: by a token of theirs, or only by what the agent says. */
export const BehalfProof = z.enum(['token', 'none']);
export type BehalfProof = z.infer<typeof BehalfProof>;

/** For whom an agent asks, as the token of that human said; without one nothing but who is known. */
export const Behalf = z.strictObject({ human: Principal, proof: BehalfProof });
export type Behalf = z.infer<typeof Behalf>;
