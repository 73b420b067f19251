import type { PolicyDocument } from '@drawbridge/contracts';
import type { FieldPath } from './parse-documents.js';

/** Groups that a policy asks to approve, and where that stands below `spec.approval`. */
export interface AskedGroups {
  readonly path: FieldPath;
  readonly groups: readonly string[];
  /** How many humans of them it wants; of those that it may be escalated to none, since they only come in addition. */
  readonly count: number;
}

/** Every list of groups that a policy asks; none where nobody is asked. */
export function askedGroups({ approval }: PolicyDocument['spec']): readonly AskedGroups[] {
  if (approval.type === 'none') return [];
  if (approval.type === 'humans') {
    return [{ path: ['groups'], groups: approval.groups, count: approval.count }];
  }
  return approval.steps.flatMap((step, index) => {
    if ('ticket' in step) return [];
    const { groups, count, escalate = [] } = step;
    const path = ['steps', index];
    const further = escalate.map((escalation, level) => {
      return { path: [...path, 'escalate', level, 'groups'], groups: escalation.groups, count: 0 };
    });
    return [{ path: [...path, 'groups'], groups, count }, ...further];
  });
}
