import type { ApprovalRequirement } from '@drawbridge/contracts';
import type { Policy } from '@drawbridge/policy/core';

/** Whether those are asked whom the policy names, and with the login that it wants. */
export function asksWhom(asked: ApprovalRequirement, policy: Policy | undefined): boolean {
  if (policy === undefined) return false;
  const { approval, stepUp } = policy;
  const isSame = JSON.stringify(asked) === JSON.stringify(approval);
  if (isSame && stepUp === undefined) return true;
  return asked.type === 'steps' && asked.stepUp?.maxAgeSeconds === stepUp?.maxAgeSeconds
    ? isOneStep(asked.steps, approval)
    : false;
}

type Steps = Extract<ApprovalRequirement, { type: 'steps' }>['steps'];

/** Humans of one group are asked in a step where a login is wanted, and for more time. */
function isOneStep([step, ...others]: Steps, approval: ApprovalRequirement): boolean {
  if (approval.type !== 'humans' || step?.type !== 'humans' || others.length > 0) return false;
  return step.count === approval.count && step.groups.join() === approval.groups.join();
}
