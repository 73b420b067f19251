import { z } from 'zod';
import type { AskedCall } from '../domain/asked-call.js';
import { CallRefused } from '../domain/call-refused.js';
import type { SelfReviewKind } from '../domain/self-review.js';

/** Longer than any name of Kubernetes, and without anything that a terminal would act upon. */
const text = z
  .string()
  .max(1_024)
  .regex(/^[\x20-\x7e]*$/, 'expected printable ASCII');
const word = text.default('');
const absent = z
  .null()
  .optional()
  .transform(() => undefined);
const optional = <Schema extends z.ZodType>(schema: Schema) => z.union([absent, schema]);

const ResourceAttributes = z
  .object({
    verb: word,
    group: word,
    version: word,
    resource: word,
    subresource: word,
    namespace: word,
    name: word,
  })
  .transform(({ group, version, ...rest }): AskedCall => ({
    kind: 'resource',
    ...rest,
    apiGroup: group,
    apiVersion: version,
  }));
const NonResourceAttributes = z
  .object({ verb: word, path: word })
  .transform((asked): AskedCall => ({ kind: 'nonResource', ...asked }));

const AccessSpec = z
  .object({
    resourceAttributes: optional(ResourceAttributes),
    nonResourceAttributes: optional(NonResourceAttributes),
  })
  .transform(({ resourceAttributes, nonResourceAttributes }, context) => {
    const asked = resourceAttributes ?? nonResourceAttributes;
    const both = resourceAttributes !== undefined && nonResourceAttributes !== undefined;
    if (asked !== undefined && !both) return asked;
    context.addIssue('expected one of resourceAttributes and nonResourceAttributes');
    return z.NEVER;
  });
const RulesSpec = z.object({ namespace: text.min(1, 'expected a namespace') });

/** What is asked, whatever it was written in. */
export type Review =
  | { readonly kind: 'SelfSubjectAccessReview'; readonly asked: AskedCall }
  | { readonly kind: 'SelfSubjectRulesReview'; readonly namespace: string }
  | { readonly kind: 'SelfSubjectReview' };

/** @throws {@link CallRefused} `review_malformed` */
export function reviewOf(kind: SelfReviewKind, spec: unknown): Review {
  switch (kind) {
    case 'SelfSubjectAccessReview':
      return { kind, asked: checked(AccessSpec, spec) };
    case 'SelfSubjectRulesReview':
      return { kind, namespace: checked(RulesSpec, spec).namespace };
    case 'SelfSubjectReview':
      return { kind };
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, spec: unknown): z.infer<Schema> {
  const { data, error } = schema.safeParse(spec ?? {});
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw malformedReview(`spec.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
}

export const malformedReview = (why: string, cause?: unknown): CallRefused =>
  new CallRefused('review_malformed', `the review cannot be read: ${why}`, { cause });
