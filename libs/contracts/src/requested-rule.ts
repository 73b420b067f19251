import { z } from 'zod';
import { Rule } from './scope.js';

/** Of these a cluster could have more than anybody reads. */
const MAX_LABELS = 10;
const MAX_PATTERNS = 5;

const labelKey = z
  .string()
  .max(317)
  .regex(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    'expected the key of a label',
  );
const labelValue = z
  .string()
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'expected the value of a label');

/** Labels that an object must have, all of them. */
export const MatchLabels = z.record(labelKey, labelValue).refine((labels) => {
  const { length } = Object.keys(labels);
  return length >= 1 && length <= MAX_LABELS;
}, `expected 1 to ${MAX_LABELS} labels`);
export type MatchLabels = z.infer<typeof MatchLabels>;

/** Part of a name and one `*` at its begin or its end: `checkout-*`. */
export const NamePattern = z
  .string()
  .max(253)
  .regex(
    /^(?:\*[A-Za-z0-9._:-]{3,}|[A-Za-z0-9._:-]{3,}\*)$/,
    'expected at least 3 characters of a name, and one "*" before or behind them',
  );

/**
 * A rule as it is asked for: as {@link Rule}, but which namespaces and which objects are meant may be said by labels
 * and by patterns. What is validated and granted are the names that they stand for.
 */
export const RequestedRule = z
  .strictObject({
    verbs: Rule.shape.verbs,
    apiGroups: Rule.shape.apiGroups,
    resources: Rule.shape.resources,
    namespaces: Rule.shape.namespaces.optional(),
    namespaceSelector: z.strictObject({ matchLabels: MatchLabels }).optional(),
    resourceNames: Rule.shape.resourceNames,
    resourceNamePatterns: z.array(NamePattern).min(1).max(MAX_PATTERNS).optional(),
  })
  .refine((rule) => rule.namespaces === undefined || rule.namespaceSelector === undefined, {
    path: ['namespaceSelector'],
    message: 'expected namespaces or a namespaceSelector, not both',
  })
  .refine((rule) => rule.namespaces !== undefined || rule.namespaceSelector !== undefined, {
    path: ['namespaces'],
    message: 'expected namespaces, or a namespaceSelector',
  });
export type RequestedRule = z.infer<typeof RequestedRule>;

/** What a selector or the patterns of a request stood for when a gateway looked, in whatever rules they are. */
export const ResolvedNames = z.strictObject({
  field: z.enum(['namespaces', 'resourceNames']),
  /** Of which objects these are the names: `pods`, `deployments.apps`. */
  kind: z.string().optional(),
  /** Where objects have these names. */
  namespace: z.string().optional(),
  /** The selector or the patterns, in one line: `team=payments`, `checkout-*`. */
  asked: z.string(),
  names: z.array(Rule.shape.namespaces.element).max(100),
});
export type ResolvedNames = z.infer<typeof ResolvedNames>;
