import { z } from 'zod';
import { ConnectionName } from './access-terms.js';

const name = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected a DNS label');
const listOf = <Of extends z.ZodType>(of: Of) => z.array(of).min(1).max(100);
/** Names, namespaces, people: `*` stands for any characters, also for none. */
const pattern = z
  .string()
  .max(500)
  .describe('`*` stands for any characters; everything else for itself');
const patterns = listOf(pattern);
const word = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9*._:/-]*$/, 'expected a Kubernetes name or "*"');
const regularExpression = z
  .string()
  .min(1)
  .max(500)
  .describe('Regular expression in RE2 syntax; matches anywhere unless anchored with ^ and $');
const expression = z
  .string()
  .min(1)
  .max(4000)
  .describe('CEL: true when the rule is meant; see docs/guardrails.md for its variables');

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Days and hours in a time zone. Hours over midnight belong to the day on which they begin. */
export const TimeWindow = z.strictObject({
  days: z.array(z.enum(weekdays)).min(1).max(7).optional(),
  hours: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/, 'expected hours as 09:00-17:30')
    .optional(),
  timeZone: z.string().min(1).max(64).default('UTC').describe('IANA name, e.g. Europe/Berlin'),
});
export type TimeWindow = z.infer<typeof TimeWindow>;

/** What runs in a channel: judged on the commands that the argument vector comes down to. */
export const ExecMatch = z.strictObject({
  programs: patterns
    .optional()
    .describe('Base name of a program, also behind `sh -c`, env, nohup, timeout, xargs …'),
  commands: listOf(regularExpression)
    .optional()
    .describe('Of one command: its words joined with spaces'),
  interactive: z
    .boolean()
    .optional()
    .describe('Whether a shell or interpreter starts that takes its commands from the caller'),
  tty: z.boolean().optional(),
  containers: patterns.optional(),
  transfers: z
    .strictObject({
      directions: z
        .array(z.enum(['upload', 'download']))
        .min(1)
        .optional(),
      paths: patterns.optional(),
    })
    .optional()
    .describe('A file transfer, such as kubectl cp'),
});
export type ExecMatch = z.infer<typeof ExecMatch>;

/** Everything that is given must match; of a list one entry must. */
export const GuardrailMatch = z.strictObject({
  verbs: listOf(word).optional(),
  apiGroups: listOf(word).optional().describe('`""` is the core group'),
  resources: listOf(word)
    .optional()
    .describe('As in RBAC: pods, pods/exec, */scale; without `subresources` pods is not pods/exec'),
  subresources: listOf(word)
    .optional()
    .describe('`""` is the resource itself, `*` any; then `resources` name no subresource'),
  namespaces: patterns
    .optional()
    .describe('`""` is no namespace (cluster-scoped, or over all namespaces); `*` alone is any'),
  names: patterns
    .optional()
    .describe(
      'Of the object; of a create the name in its body. A call on many objects may mean it',
    ),
  dryRun: z.boolean().optional(),
  fieldManagers: patterns.optional(),
  contentTypes: patterns.optional().describe('Without parameters, in lower case'),
  paths: patterns.optional().describe('Calls on no resource, such as /metrics'),
  agents: z
    .strictObject({
      issuers: patterns.optional(),
      subjects: patterns.optional(),
      groups: patterns.optional(),
      owners: patterns.optional(),
      claims: z
        .record(z.string().regex(/^\//, 'expected a JSON pointer'), patterns)
        .optional()
        .describe('By JSON pointer into the claims of the token: text, or a list that holds one'),
    })
    .optional(),
  connections: z
    .strictObject({
      names: listOf(z.union([ConnectionName, pattern])).optional(),
      environments: patterns.optional(),
      labels: z.record(z.string().min(1).max(317), pattern).optional(),
    })
    .optional(),
  grants: z
    .strictObject({
      actions: patterns
        .optional()
        .describe('Of what was granted; `""` when it was granted as rules'),
      policies: patterns.optional(),
      approvedByHuman: z.boolean().optional(),
      ticket: z.boolean().optional().describe('Whether the request named one'),
    })
    .optional(),
  times: z.array(TimeWindow).min(1).max(20).optional().describe('One of them is now'),
  exec: ExecMatch.optional(),
});
export type GuardrailMatch = z.infer<typeof GuardrailMatch>;

/** What becomes of a call that a rule is about; the most severe rule decides, and deny beats all. */
export const GuardrailAction = z.enum(['allow', 'recordOnly', 'warn', 'mask', 'hold', 'deny']);
export type GuardrailAction = z.infer<typeof GuardrailAction>;

const condition = { match: GuardrailMatch.optional(), when: expression.optional() };

/** Whose yes a held call takes. */
export const GuardrailApprovers = z.strictObject({
  groups: z
    .array(z.string().min(1).max(253))
    .min(1)
    .max(20)
    .optional()
    .describe('A human of one of them; when absent, of those that approve the access request'),
  count: z.int().min(1).max(5).default(1).describe('How many different humans must say yes'),
});
export type GuardrailApprovers = z.infer<typeof GuardrailApprovers>;

export const GuardrailRule = z
  .strictObject({
    name,
    description: z.string().max(500).optional(),
    ...condition,
    except: z
      .array(z.strictObject(condition))
      .min(1)
      .max(20)
      .optional()
      .describe('Calls that the rule is not about after all'),
    action: GuardrailAction,
    reason: z.string().min(1).max(300).describe('Why; shown to the agent and to approvers'),
    suggestion: z.string().min(1).max(300).optional().describe('What to do instead'),
    approvers: GuardrailApprovers.optional().describe('Only with `action: hold`'),
    breakGlass: z
      .literal('pass')
      .optional()
      .describe(
        'Only with `action: hold`: under a break-glass grant the call is recorded instead of held',
      ),
  })
  .refine(({ action, approvers }) => approvers === undefined || action === 'hold', {
    path: ['approvers'],
    message: 'only a rule with action "hold" has approvers',
  })
  .refine(({ action, breakGlass }) => breakGlass === undefined || action === 'hold', {
    path: ['breakGlass'],
    message: 'only a rule with action "hold" holds anything that could pass',
  });
export type GuardrailRule = z.infer<typeof GuardrailRule>;

/** The `spec` of a Guardrail document. */
export const GuardrailSpec = z.strictObject({
  description: z.string().max(500).optional(),
  rules: z.array(GuardrailRule).min(1).max(200),
});
export type GuardrailSpec = z.infer<typeof GuardrailSpec>;
