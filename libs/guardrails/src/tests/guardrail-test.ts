import { z } from 'zod';
import { GuardrailAction } from '@drawbridge/contracts';

const text = z.string().max(2_000);
const texts = z.array(text).max(200);

/** A call as tests and `drawbridge policy explain` describe it; what is left out is empty, or a usual value. */
export const DescribedCall = z.strictObject({
  verb: text.optional(),
  apiGroup: text.optional(),
  apiVersion: text.optional(),
  resource: text.optional(),
  subresource: text.optional(),
  namespace: text.optional(),
  name: text.optional(),
  dryRun: z.boolean().optional(),
  fieldManager: text.optional(),
  contentType: text.optional(),
  query: z.record(z.string(), z.union([text, texts])).optional(),
  path: text.optional().describe('Of a call on no resource'),
  agent: z
    .strictObject({
      kind: z.enum(['agent', 'human']).optional(),
      ...{ issuer: text.optional(), subject: text.optional(), groups: texts.optional() },
      ...{ email: text.optional(), owner: text.optional() },
      claims: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  connection: z
    .strictObject({
      ...{ name: text.optional(), environment: text.optional() },
      labels: z.record(z.string(), text).optional(),
    })
    .optional(),
  grant: z
    .strictObject({
      ...{ action: text.optional(), policy: text.optional(), ticket: text.optional() },
      ...{ reason: text.optional(), approvers: texts.optional() },
    })
    .optional(),
  now: z.iso.datetime({ offset: true }).optional(),
  exec: z
    .strictObject({
      ...{ argv: texts, container: text.optional() },
      ...{ tty: z.boolean().optional(), stdin: z.boolean().optional() },
    })
    .optional(),
});
export type DescribedCall = z.infer<typeof DescribedCall>;

const ruleId = z
  .string()
  .regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'expected <document>/<rule>')
  .max(127);

export const GuardrailCase = z.strictObject({
  name: z.string().min(1).max(200),
  call: DescribedCall,
  object: z.unknown().optional(),
  oldObject: z.unknown().optional(),
  expect: z
    .strictObject({
      action: GuardrailAction.optional(),
      rule: ruleId.optional().describe('That decides'),
      not: z.array(ruleId).min(1).optional().describe('Rules that are not met: near misses'),
    })
    .refine(({ action, not }) => action !== undefined || not !== undefined, {
      message: 'expected "action" or "not"',
    }),
});
export type GuardrailCase = z.infer<typeof GuardrailCase>;

/** Tests of guardrails: a file `*.test.yaml` beside them. */
export const GuardrailTest = z.strictObject({
  apiVersion: z.literal('drawbridge.dev/v1alpha1'),
  kind: z.literal('GuardrailTest'),
  metadata: z.strictObject({ name: z.string().min(1).max(63) }),
  spec: z.strictObject({
    defaults: DescribedCall.default({}).describe('Of every call, field by field'),
    cases: z.array(GuardrailCase).min(1).max(1_000),
  }),
});
export type GuardrailTest = z.infer<typeof GuardrailTest>;
