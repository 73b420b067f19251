import { z } from 'zod';
import { ConnectionName } from './access-terms.js';
import { document, filePath, label } from './document.js';
import { TimeWindow } from './guardrail.js';

const words = z.array(z.string().min(1).max(253)).min(1).max(100);

/** What makes a request riskier than it looks; points only ever add. */
const RiskRule = z.strictObject({
  name: label,
  points: z.int().min(0).max(100).describe('Added to the score, which ends at 100'),
  reason: z.string().min(1).max(200).describe('Shown to approvers'),
  when: z
    .strictObject({
      verbs: words.optional().describe('A rule of the request allows one of these'),
      resources: words.optional().describe('… on one of these, as `pods` or `pods/exec`'),
      namespaces: words.optional().describe('… in one of these'),
      connections: z.array(ConnectionName).min(1).max(100).optional(),
      environments: words.optional(),
      outside: TimeWindow.optional().describe('It is asked outside these days and hours'),
      agents: words.optional().describe('Subjects of requesters'),
    })
    .refine((when) => Object.values(when).some((value) => value !== undefined), {
      message: 'is always: expected at least one condition',
    })
    .describe('All of it'),
});

/** A program of the operator's that is asked about each request; what it says only ever adds. */
const RiskModel = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).describe('Is sent the terms of each request, signed'),
    secretFile: filePath.describe('`whsec_` and 24 to 64 random bytes in base64'),
    timeoutMs: z.int().min(100).max(2_000).default(1_500),
    certificateAuthorityFile: filePath.optional().describe('PEM; for a private CA'),
    allowInsecureHttp: z.boolean().default(false).describe('Only for a loopback address'),
  })
  .describe('Answers `{"points": 0 to 100, "reason": "…"}`');

/** Points that are added to the built-in score of requests. */
export const RiskDocument = document(
  'Risk',
  label,
  z
    .strictObject({
      description: z.string().max(200).optional(),
      rules: z.array(RiskRule).max(100).default([]),
      model: RiskModel.optional(),
    })
    .refine(({ rules, model }) => rules.length > 0 || model !== undefined, {
      message: 'expected "rules" or a "model"',
    }),
);
export type RiskDocument = z.infer<typeof RiskDocument>;
