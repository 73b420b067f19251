import { groupsOf, missingOf, openSteps } from '@drawbridge/scope';
import type { RequestStory } from './request-story.js';

/** One step as it stands, for whoever looks at it. */
export interface StepStory {
  readonly name: string;
  readonly groups: readonly string[];
  readonly count: number;
  readonly missing: number;
  /** Whether it can be decided now. */
  readonly isOpen: boolean;
  /** Absent while an earlier step is not done. */
  readonly askedAt?: string;
  readonly reminders: number;
  /** How many further sets of groups may decide it by now. */
  readonly escalations: number;
}

/** The steps of a request that humans were asked about, in their order. */
export function stepsOf({ standing }: RequestStory): readonly StepStory[] {
  if (standing === undefined) return [];
  const missing = missingOf(standing);
  const open = openSteps(standing);
  return standing.steps.map((progress) => {
    const { step, level, reminders, askedAt } = progress;
    const isHuman = step.type === 'humans';
    return {
      name: step.name,
      groups: isHuman ? groupsOf(step, level) : [],
      count: isHuman ? step.count : 1,
      missing: missing[step.name] ?? 0,
      isOpen: open.includes(progress),
      reminders,
      escalations: level,
      ...(askedAt === undefined ? {} : { askedAt }),
    };
  });
}
