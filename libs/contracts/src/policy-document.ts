import { z } from 'zod';
import { AutoApproveRule } from './auto-approve.js';
import { ConnectionName } from './access-terms.js';
import { IdleSeconds } from './grant-limits.js';
import { document, label, pattern } from './document.js';
import { Rules } from './scope.js';

const seconds = z.int().min(30).max(604_800);
/** As `acr_values` and a challenge take it. */
const loginWord = z
  .string()
  .max(200)
  .regex(/^[!#-[\]-~]+$/, 'expected printable ASCII without spaces, quotes and backslashes');

/** When an approval wants a fresh login of the approver, and how fresh and how strong it must be. */
const StepUpOfPolicy = z.strictObject({
  fromRisk: z
    .enum(['low', 'medium', 'high'])
    .default('high')
    .describe('For requests of this risk and of any higher one'),
  maxAgeSeconds: z.int().min(30).max(86_400).default(300).describe('How old the login may be'),
  acr: z
    .array(loginWord)
    .min(1)
    .max(10)
    .optional()
    .describe('`acr` of the login is one of these, or'),
  amr: z
    .array(loginWord)
    .min(1)
    .max(10)
    .optional()
    .describe('`amr` of the login holds one of these'),
});

const HumanStepOfPolicy = z.strictObject({
  name: label.max(40),
  count: z.int().min(1).max(10).default(1),
  groups: z.array(z.string().min(1)).min(1).max(50),
  remindAfterSeconds: seconds
    .optional()
    .describe('The step is reminded of, up to 5 times, each time when so long has passed'),
  escalate: z
    .array(
      z.strictObject({
        afterSeconds: seconds.describe('Counted from when the step was asked'),
        groups: z.array(z.string().min(1)).min(1).max(50),
      }),
    )
    .min(1)
    .max(5)
    .optional()
    .describe('Further groups that may decide the step once it has waited; nobody is taken away'),
});

const TicketStepOfPolicy = z.strictObject({
  name: label.max(40),
  ticket: label.describe('Webhook with `inbound`, whose signed word on the ticket this step is'),
});

/** Several steps, of different humans and of ticket systems; a step's name is shown to whoever decides. */
const StepsOfPolicy = z
  .strictObject({
    type: z.literal('steps'),
    order: z
      .enum(['sequential', 'parallel'])
      .default('sequential')
      .describe('One step after the other, or all at once'),
    steps: z
      .array(z.union([HumanStepOfPolicy, TicketStepOfPolicy]))
      .min(1)
      .max(10)
      .describe('No human counts in more than one'),
    denyThreshold: z
      .int()
      .min(1)
      .max(10)
      .default(1)
      .describe('Different humans whose no ends the request'),
    excludeOwner: z.boolean().default(true),
    timeoutSeconds: seconds.default(1800),
  })
  .refine(({ steps }) => new Set(steps.map(({ name }) => name)).size === steps.length, {
    message: 'two steps have the same name',
    path: ['steps'],
  })
  .refine(({ steps }) => steps.some((step) => 'groups' in step), {
    message: 'expected at least one step of humans',
    path: ['steps'],
  });

/** Named people who need no approver: announced at once, and reviewed afterwards. */
const BreakGlassOfPolicy = z.strictObject({
  people: z
    .array(z.email())
    .min(1)
    .max(50)
    .describe('Humans by the address of their Human document'),
  announce: z
    .array(z.string().regex(/^[CG][A-Z0-9]+$/, 'expected the id of a Slack channel, C…'))
    .min(1)
    .max(10)
    .describe('Slack channels in which every use is announced'),
  reviewGroups: z
    .array(z.string().min(1))
    .min(1)
    .max(50)
    .describe('A human of one of these says afterwards whether it was justified'),
  reviewWithinSeconds: z
    .int()
    .min(60)
    .max(2_592_000)
    .default(86_400)
    .describe('After which the review is overdue; it stays open until it is done'),
});

/**
 * Who may ask for what, for how long, and who must approve. A request is judged by one policy at a time;
 * policies never add up.
 */
export const PolicyDocument = document(
  'Policy',
  label,
  z.strictObject({
    description: z.string().max(200).optional(),
    subjects: z.strictObject({
      groups: z.array(z.string().min(1)).min(1).describe('The requester is in one of these'),
      issuers: z.array(z.url()).min(1).optional(),
      kinds: z
        .array(z.enum(['agent', 'human']))
        .min(1)
        .default(['agent']),
    }),
    connections: z
      .strictObject({
        names: z.array(ConnectionName).min(1).optional(),
        environments: z.array(z.string().min(1)).min(1).optional(),
      })
      .refine((value) => value.names !== undefined || value.environments !== undefined, {
        message: 'expected "names" or "environments"',
      })
      .meta({ anyOf: [{ required: ['names'] }, { required: ['environments'] }] })
      .describe('Connections that are named, or that belong to a named environment'),
    actions: z.array(label).default([]).describe('Actions that may be asked for by name'),
    namespaces: z
      .array(z.union([z.literal('*'), label]))
      .min(1)
      .describe('Where; `*` is every namespace and cluster-scoped calls'),
    rules: Rules.optional().describe('Widest rules that may be asked for directly; default: none'),
    maxDurationSeconds: z.int().min(30).max(86_400),
    whenTooWide: z
      .enum(['cut', 'refuse'])
      .default('refuse')
      .describe(
        'What to do with a longer duration or namespaces outside: cut to what is allowed, or refuse',
      ),
    reason: z
      .strictObject({ minLength: z.int().min(1).max(1000).default(1), pattern: pattern.optional() })
      .optional(),
    ticket: z
      .strictObject({ required: z.boolean().default(true), pattern: pattern.optional() })
      .optional(),
    onBehalfOf: z
      .strictObject({
        allowed: z.boolean().describe('Whether to take what is asked for on behalf of a human'),
        proof: z
          .enum(['required', 'optional'])
          .default('required')
          .describe('Whether only with a token of that human, or also because the agent says so'),
      })
      .optional()
      .describe(
        'Requests on behalf of a human, who must be allowed the same by a policy for them; default: none',
      ),
    start: z
      .strictObject({ maxAheadSeconds: seconds.describe('How far ahead a grant may begin') })
      .optional()
      .describe('Grants that begin later than they are asked for; default: none'),
    limits: z
      .strictObject({
        require: z
          .array(z.enum(['maxCalls', 'maxChanges', 'key']))
          .default([])
          .describe('Limits that a request must name itself'),
        maxCalls: z
          .int()
          .min(1)
          .max(100)
          .optional()
          .describe('Put on every grant that names no limit, or a higher one'),
        idleSeconds: IdleSeconds.optional().describe(
          'A grant ends when it was not used for so long; put on each that names no time, or a longer one',
        ),
      })
      .optional()
      .describe('How often a grant may be used, and how long it may go unused'),
    autoApprove: z
      .array(AutoApproveRule)
      .max(20)
      .default([])
      .describe(
        'Tried in their order before `approval`; the first whose conditions hold asks nobody',
      ),
    approval: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('none') }),
      z.strictObject({
        type: z.literal('humans'),
        count: z.int().min(1).max(10).default(1),
        groups: z.array(z.string().min(1)).min(1),
        excludeOwner: z.boolean().default(true),
        timeoutSeconds: z.int().min(30).max(604_800).default(1800),
      }),
      StepsOfPolicy,
    ]),
    revokeWithApprover: z
      .boolean()
      .default(false)
      .describe('Whether a grant ends when its approvers lose their say afterwards'),
    extension: z
      .strictObject({
        maxSeconds: z.int().min(30).max(86_400).describe('At once'),
        maxTotalSeconds: z.int().min(30).max(86_400).describe('From the start of the grant'),
      })
      .optional()
      .describe(
        'More time for a grant while it runs, by another approval of the same kind; default: none',
      ),
    stepUp: StepUpOfPolicy.optional().describe('Fresh login of whoever approves; default: none'),
    breakGlass: BreakGlassOfPolicy.optional().describe(
      'Who may have at once, without an approver, what this policy allows; default: nobody',
    ),
  }),
);
export type PolicyDocument = z.infer<typeof PolicyDocument>;
