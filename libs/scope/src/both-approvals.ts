import type {
  ApprovalRequirement,
  ApprovalStep,
  StepsRequirement,
  StepUp,
} from '@drawbridge/contracts';
import { asSteps } from './as-steps.js';

/** As many as a requirement can have. */
const MAX_STEPS = 10;
const MAX_NAME = 40;

/**
 * What two policies want one after the other: the steps of the first, then those of the second, and of everything
 * else what is stricter. As in any requirement, one human fills one place of all.
 *
 * @returns `undefined` when nobody could fulfil it: there are more than ten steps, or no login would do for both
 */
export function bothApprovals(
  first: ApprovalRequirement,
  second: ApprovalRequirement,
): ApprovalRequirement | undefined {
  if (first.type === 'none') return second;
  if (second.type === 'none') return first;
  const [one, other] = [stepsOf(first), stepsOf(second)];
  const steps = [...one.steps, ...renamed(other.steps, one.steps)];
  const login = bothLogins(one.stepUp, other.stepUp);
  if (steps.length > MAX_STEPS || login === 'none') return undefined;
  return {
    type: 'steps',
    order: 'sequential',
    steps,
    denyThreshold: Math.min(one.denyThreshold, other.denyThreshold),
    excludeOwner: one.excludeOwner || other.excludeOwner,
    timeoutSeconds: Math.min(one.timeoutSeconds, other.timeoutSeconds),
    ...(login !== undefined && { stepUp: login }),
  };
}

const stepsOf = (approval: Exclude<ApprovalRequirement, { type: 'none' }>): StepsRequirement =>
  approval.type === 'steps' ? approval : asSteps(approval);

/** Steps are told apart by their names. */
function renamed(steps: readonly ApprovalStep[], before: readonly ApprovalStep[]): ApprovalStep[] {
  const taken = new Set([...before, ...steps].map(({ name }) => name));
  return steps.map((step) => {
    if (!before.some(({ name }) => name === step.name)) return step;
    const name = freeName(step.name, taken);
    taken.add(name);
    return { ...step, name };
  });
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number += 1) {
    const ending = `-${number}`;
    const free = `${name.slice(0, MAX_NAME - ending.length).replace(/-+$/u, '')}${ending}`;
    if (!taken.has(free)) return free;
  }
}

/** A login that each of the two would take; what only one of several ways would fulfil for both is left out. */
function bothLogins(
  one: StepUp | undefined,
  other: StepUp | undefined,
): StepUp | undefined | 'none' {
  if (one === undefined || other === undefined) return one ?? other;
  const maxAgeSeconds = Math.min(one.maxAgeSeconds, other.maxAgeSeconds);
  const choosy = [one, other].filter(({ acr, amr }) => acr !== undefined || amr !== undefined);
  const acr = common(choosy.map((login) => login.acr));
  const amr = common(choosy.map((login) => login.amr));
  if (choosy.length > 0 && acr.length + amr.length === 0) return 'none';
  return { maxAgeSeconds, ...(acr.length > 0 && { acr }), ...(amr.length > 0 && { amr }) };
}

/** The words that stand in every list; in one that is missing stands none. */
function common(lists: readonly (readonly string[] | undefined)[]): string[] {
  const [first = [], ...others] = lists;
  return first.filter((word) => others.every((list) => list?.includes(word) ?? false));
}
