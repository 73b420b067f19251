import { z } from 'zod';

const stepName = z
  .string()
  .max(40)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected a DNS label');
const seconds = z.int().min(30).max(604_800);
const groups = z.array(z.string().min(1)).min(1).max(50);

/** Further groups that may decide a step when it has waited; they are added, nobody is taken away. */
export const Escalation = z.strictObject({
  afterSeconds: seconds.describe('Counted from when the step was asked'),
  groups,
});
export type Escalation = z.infer<typeof Escalation>;

/** Humans of some groups, each a different one. */
export const HumanStep = z.strictObject({
  type: z.literal('humans'),
  name: stepName,
  count: z.int().min(1).max(10),
  groups,
  remindAfterSeconds: seconds.optional(),
  escalate: z.array(Escalation).max(5).optional(),
});
export type HumanStep = z.infer<typeof HumanStep>;

/** A ticket system's word; it never takes the place of a human. */
export const TicketStep = z.strictObject({
  type: z.literal('ticket'),
  name: stepName,
  webhook: z.string().min(1).max(63),
});
export type TicketStep = z.infer<typeof TicketStep>;

export const ApprovalStep = z.discriminatedUnion('type', [HumanStep, TicketStep]);
export type ApprovalStep = z.infer<typeof ApprovalStep>;

/** How recent and how strong the login must be with which a human approves. */
export const StepUp = z.strictObject({
  maxAgeSeconds: z.int().min(30).max(86_400),
  acr: z.array(z.string().min(1)).min(1).optional().describe('`acr` is one of these, or'),
  amr: z.array(z.string().min(1)).min(1).optional().describe('`amr` holds one of these'),
});
export type StepUp = z.infer<typeof StepUp>;

/** What a login proved, out of the verified ID token. */
export const StepUpProof = z.strictObject({
  issuer: z.string().min(1),
  authTime: z.iso.datetime(),
  acr: z.string().optional(),
  amr: z.array(z.string()).optional(),
});
export type StepUpProof = z.infer<typeof StepUpProof>;

/** Several steps, one after the other or all at once; strict, so that who cannot read all of it grants nothing. */
export const StepsRequirement = z
  .strictObject({
    type: z.literal('steps'),
    order: z.enum(['sequential', 'parallel']),
    steps: z.array(ApprovalStep).min(1).max(10),
    denyThreshold: z.int().min(1).max(10).describe('Different humans whose no ends the request'),
    excludeOwner: z.boolean(),
    timeoutSeconds: seconds,
    stepUp: StepUp.optional(),
  })
  .refine(({ steps }) => new Set(steps.map(({ name }) => name)).size === steps.length, {
    message: 'two steps have the same name',
    path: ['steps'],
  })
  .refine(({ steps }) => steps.some(({ type }) => type === 'humans'), {
    message: 'expected at least one step of humans',
    path: ['steps'],
  });
export type StepsRequirement = z.infer<typeof StepsRequirement>;

/** Names whose groups decide; a step's own and those that it may be escalated to. */
const groupsOfStep = (step: ApprovalStep): readonly string[] =>
  step.type === 'ticket'
    ? []
    : [...step.groups, ...(step.escalate ?? []).flatMap((escalation) => escalation.groups)];

/** Every group that has a say in a request; none when nobody is asked. */
export function approverGroupsOf(
  approval:
    | StepsRequirement
    | { readonly type: 'humans'; readonly groups: readonly string[] }
    | { readonly type: 'none' },
): string[] {
  if (approval.type === 'none') return [];
  const groups =
    approval.type === 'humans' ? approval.groups : approval.steps.flatMap(groupsOfStep);
  return [...new Set(groups)];
}
