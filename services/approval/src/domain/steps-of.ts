import { groupsOf, missingOf, openSteps, type Standing } from '@drawbridge/scope';
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
  /** Whose word the step is, and of which ticket. */
  readonly ticket?: { readonly webhook: string; readonly id?: string };
}

/** In a sequence the step that is asked; otherwise steps are not named. */
export function openStepOf(standing: Standing | undefined): string | undefined {
  if (standing?.asked.requirement.order !== 'sequential') return undefined;
  return openSteps(standing)[0]?.step.name;
}

/** Who is still asked, in words; `undefined` when nobody is. */
export function waitingWords(story: RequestStory): string | undefined {
  const open = story.status === 'pending' ? stepsOf(story).filter(({ isOpen }) => isOpen) : [];
  const words = open.map(({ missing, groups, ticket }) =>
    ticket === undefined ? `${missing} of ${groups.join(' or ')}` : askedTicket(ticket),
  );
  return words.length === 0 ? undefined : words.join(', ');
}

/** A ticket system that is asked, in words. */
export const askedTicket = ({ webhook, id }: NonNullable<StepStory['ticket']>): string =>
  id === undefined ? webhook : `ticket ${id} in ${webhook}`;

/** The steps of a request that humans were asked about, in their order. */
export function stepsOf({
  standing,
  terms,
}: Pick<RequestStory, 'standing' | 'terms'>): readonly StepStory[] {
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
      ...(isHuman ? {} : { ticket: ticketOf(step.webhook, terms.ticket) }),
      ...(askedAt === undefined ? {} : { askedAt }),
    };
  });
}

const ticketOf = (webhook: string, id: string | undefined) => ({
  webhook,
  ...(id === undefined ? {} : { id }),
});
