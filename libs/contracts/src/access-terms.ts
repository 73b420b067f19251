import { z } from 'zod';
import { BreakGlassTerms } from './break-glass.js';
import { GrantLimits } from './grant-limits.js';
import { oneLine } from './one-line.js';
import { BehalfProof } from './principal.js';
import { RequestedScope } from './requested-scope.js';
import { Rules } from './scope.js';

export const Instant = z.iso.datetime().describe('UTC, RFC 3339');
export const ConnectionName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected a DNS label');
export const RequestId = z.uuid();
export const KeyThumbprint = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'expected a SHA-256 in base64url')
  .describe("SHA-256 of the SubjectPublicKeyInfo of the agent's own P-256 key, in base64url");

/** A name that an agent gives to one run of itself, so that all it asked for can end with it. */
export const RunId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:@+=-]{0,127}$/,
    'expected 1 to 128 letters, digits or . _ : @ + = -',
  );

/** Body of `POST /v1/access-requests`. */
export const AccessRequestInput = z.strictObject({
  connection: ConnectionName,
  scope: RequestedScope,
  durationSeconds: z.int().min(30).max(86_400).describe('How long the grant should be open'),
  reason: oneLine(1000),
  ticket: oneLine(64).optional(),
  runId: RunId.optional(),
  limits: GrantLimits.optional(),
  keyThumbprint: KeyThumbprint.optional(),
  startAt: Instant.optional().describe(
    'When the grant should open; default: when it is issued. With the duration it fixes when it ends',
  ),
  breakGlass: z
    .literal(true)
    .optional()
    .describe('At once, without an approver: announced, and reviewed afterwards'),
  onBehalfOf: z
    .strictObject({ issuer: z.string().min(1).max(2048), subject: z.string().min(1).max(256) })
    .optional()
    .describe(
      'The human for whom an agent asks. With the header Drawbridge-On-Behalf-Of it may be left out; without it, it is a claim that nobody proved',
    ),
});
export type AccessRequestInput = z.infer<typeof AccessRequestInput>;

/** The first approval of a request is round 1, each extension of its grant one more. */
export const MAX_ROUNDS = 10;
export const ExtensionRound = z.int().min(2).max(MAX_ROUNDS);

/** Body of `POST /v1/access-requests/{id}/extensions`. */
export const ExtensionInput = z.strictObject({
  durationSeconds: z.int().min(30).max(86_400).describe('How much longer the grant should be open'),
  reason: oneLine(1000),
});
export type ExtensionInput = z.infer<typeof ExtensionInput>;

/** What may be granted; fixed when the request is validated. */
export const AccessTerms = z.strictObject({
  connection: ConnectionName,
  environment: z.string().min(1),
  action: z.string().optional(),
  parameters: z.record(z.string(), z.string()).optional(),
  rules: Rules,
  durationSeconds: z.int().positive(),
  reason: z.string(),
  ticket: z.string().optional(),
  limits: GrantLimits.optional(),
  keyThumbprint: KeyThumbprint.optional(),
  /** Only a token of this run of the agent may use it; absent: no token said which run asked. */
  runId: RunId.optional(),
  /** Who may have all of this too, or it would not be allowed; ends with what they may have. */
  onBehalfOf: z
    .strictObject({
      issuer: z.string().min(1),
      subject: z.string().min(1),
      email: z.string().optional(),
      proof: BehalfProof,
    })
    .optional(),
  /** The grant opens no earlier, and ends `durationSeconds` behind it, whenever it is approved. */
  startAt: Instant.optional(),
  /** Present: nobody approved it before. */
  breakGlass: BreakGlassTerms.optional(),
});
export type AccessTerms = z.infer<typeof AccessTerms>;

/** Which policy decided, so that the decision can be judged again later. */
export const PolicyReference = z.strictObject({
  name: z.string().min(1),
  /** SHA-256 (hex, 12 first characters) of the whole policy set in force. */
  version: z.string().min(1),
});
export type PolicyReference = z.infer<typeof PolicyReference>;

/** One thing policy gave less of than was asked. */
export const Cut = z.strictObject({
  field: z.string(),
  asked: z.string(),
  granted: z.string(),
  why: z.string(),
});
export type Cut = z.infer<typeof Cut>;

/** What adds to the score of a risk, and how much. */
export const RiskFactor = z.strictObject({
  points: z.int().min(0).max(100),
  reason: z.string(),
  by: z.enum(['rule', 'history', 'model']),
});
export type RiskFactor = z.infer<typeof RiskFactor>;

export const Risk = z.strictObject({
  level: z.enum(['low', 'medium', 'high']),
  reasons: z.array(z.string()),
  /** The points of all factors together, at most 100. */
  score: z.int().min(0).max(100).optional(),
  /** In the order of `reasons`. */
  factors: z.array(RiskFactor).optional(),
});
export type Risk = z.infer<typeof Risk>;

/** One condition under which nobody would have had to be asked, as it was found. */
export const ConditionFact = z.strictObject({
  /** Name of the rule that has the condition. */
  rule: z.string(),
  condition: z.string(),
  wanted: z.string(),
  found: z.string(),
  isMet: z.boolean(),
});
export type ConditionFact = z.infer<typeof ConditionFact>;

/** Something narrower for which nobody would have to be asked. */
export const Alternative = z.strictObject({
  words: z.string(),
  scope: RequestedScope,
  durationSeconds: z.int().positive(),
});
export type Alternative = z.infer<typeof Alternative>;
