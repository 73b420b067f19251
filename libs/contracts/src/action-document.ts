import { z } from 'zod';
import { document, label } from './document.js';
import { Rule } from './scope.js';

const placeholder = z.string().regex(/^\{[a-z][A-Za-z0-9]{0,30}\}$/, 'expected a "{parameter}"');
const nameOrPlaceholder = z.union([placeholder, Rule.shape.namespaces.element]);

/** A rule of an action: as {@link Rule}, but `{parameter}` may stand for a namespace or a name. */
const ActionRule = z.strictObject({
  verbs: Rule.shape.verbs,
  apiGroups: Rule.shape.apiGroups,
  resources: Rule.shape.resources,
  namespaces: z.array(nameOrPlaceholder).min(1).max(100),
  resourceNames: z.array(nameOrPlaceholder).min(1).max(100).optional(),
});

/** A named scope with parameters: a namespace or name `{name}` stands for the parameter. Read by policy. */
export const ActionDocument = document(
  'Action',
  label,
  z.strictObject({
    description: z.string().min(1).max(200),
    parameters: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z][A-Za-z0-9]{0,30}$/),
          description: z.string().min(1),
          accepts: z
            .enum(['name', 'namePattern', 'namespaceLabels'])
            .optional()
            .describe(
              'What else it may be than a name: a pattern of names, or labels of namespaces; default: nothing',
            ),
        }),
      )
      .default([])
      .describe('Each must be given; a namespace must be a DNS label, a name a DNS subdomain'),
    rules: z.array(ActionRule).min(1).max(50),
  }),
);
export type ActionDocument = z.infer<typeof ActionDocument>;
