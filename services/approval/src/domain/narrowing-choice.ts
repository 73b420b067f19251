import type { Rule } from '@drawbridge/contracts';
import type { ApprovedTerms } from '@drawbridge/scope';
import type { RequestStory } from './request-story.js';

const DURATIONS = [60, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200];
const MAX_DURATIONS = 6;
const MAX_NAMESPACES = 50;

/** What may be taken away of terms by choosing: shorter times, rules, namespaces; never anything that adds. */
export interface NarrowingOffer {
  /** The longest first. */
  readonly durations: readonly number[];
  /** All of them, or none when there is only one. */
  readonly rules: readonly Rule[];
  /** All of them, or none when there is only one or they are not all named. */
  readonly namespaces: readonly string[];
}

/** By position in the offer; absent: all of it stays. */
export interface NarrowingChoice {
  readonly durationSeconds?: number | undefined;
  readonly rules?: readonly number[] | undefined;
  readonly namespaces?: readonly number[] | undefined;
}

/** Of an extension only its time: it goes on with the rules that the grant has. */
export const narrowable = ({
  terms: { rules, durationSeconds },
  extends: extension,
}: RequestStory): ApprovedTerms => ({
  rules: extension === undefined ? rules : [],
  durationSeconds,
});

/** What can be chosen from. */
export function narrowingOffer({ durationSeconds, rules }: ApprovedTerms): NarrowingOffer {
  const shorter = DURATIONS.filter((seconds) => seconds < durationSeconds).toReversed();
  const namespaces = namespacesOf(rules);
  const isChoice =
    namespaces.length > 1 && namespaces.length <= MAX_NAMESPACES && !namespaces.includes('*');
  return {
    durations: shorter.slice(0, MAX_DURATIONS),
    rules: rules.length > 1 ? rules : [],
    namespaces: isChoice ? namespaces : [],
  };
}

/** Whether anything can be taken away. */
export function canNarrow(terms: ApprovedTerms): boolean {
  const { durations, rules, namespaces } = narrowingOffer(terms);
  return durations.length + rules.length + namespaces.length > 0;
}

/**
 * What is left of the terms, computed from the terms alone: a choice only points at parts of them.
 *
 * @returns only what changes; `undefined` when nothing would be left or a choice was never offered
 */
export function chosenNarrowing(
  terms: ApprovedTerms,
  choice: NarrowingChoice,
): Partial<ApprovedTerms> | undefined {
  const offer = narrowingOffer(terms);
  const { durationSeconds } = choice;
  if (durationSeconds !== undefined && !offer.durations.includes(durationSeconds)) return undefined;
  const kept = picked(terms.rules, choice.rules);
  const namespaces = picked(offer.namespaces, choice.namespaces);
  if (kept === undefined || namespaces === undefined) return undefined;
  const left = choice.namespaces === undefined ? kept : within(kept, namespaces);
  if (left.length === 0) return undefined;
  const isLess = JSON.stringify(left) !== JSON.stringify(terms.rules);
  return {
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(isLess ? { rules: left } : {}),
  };
}

function picked<Item>(
  items: readonly Item[],
  positions: readonly number[] | undefined,
): readonly Item[] | undefined {
  if (positions === undefined) return items;
  if (positions.some((position) => items[position] === undefined)) return undefined;
  return items.filter((_, position) => positions.includes(position));
}

const within = (rules: readonly Rule[], namespaces: readonly string[]): Rule[] =>
  rules
    .map((rule) => ({
      ...rule,
      namespaces: rule.namespaces.filter((namespace) => namespaces.includes(namespace)),
    }))
    .filter((rule) => rule.namespaces.length > 0);

const namespacesOf = (rules: readonly Rule[]): string[] => [
  ...new Set(rules.flatMap((rule) => rule.namespaces)),
];
