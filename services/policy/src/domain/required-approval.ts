import type { ApprovalRequirement, Risk } from '@drawbridge/contracts';
import { asSteps } from '@drawbridge/scope';
import type { Policy } from './policy-set.js';

const levels: readonly Risk['level'][] = ['low', 'medium', 'high'];

/**
 * Who must approve a request of this risk, and with what login. A fresh login is asked for in steps only: whoever
 * cannot read it must not read the rest either.
 */
export function requiredApproval(
  { approval, stepUp }: Pick<Policy, 'approval' | 'stepUp'>,
  { level }: Pick<Risk, 'level'>,
): ApprovalRequirement {
  if (stepUp === undefined || approval.type === 'none') return approval;
  const { fromRisk, ...wanted } = stepUp;
  if (levels.indexOf(level) < levels.indexOf(fromRisk)) return approval;
  const steps = approval.type === 'humans' ? asSteps(approval) : approval;
  return { ...steps, stepUp: wanted };
}
