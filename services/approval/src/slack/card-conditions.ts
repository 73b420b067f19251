import type { ConditionFact } from '@drawbridge/contracts';
import type { RequestStory } from '../domain/request-story.js';
import { neutralText } from './neutral-text.js';
import { bold, text, type Inline } from './rich-text.js';

/** More of them decide nothing and push the buttons away. */
const MAX_FACTS = 3;
const FACT_LENGTH = 120;
const WORDS_LENGTH = 300;

/** Why somebody is asked though the policy knows requests of which nobody is, and what would need nobody. */
export function conditionLines({ facts = [], alternative }: RequestStory): Inline[][] {
  const unmet = facts.filter(({ isMet }) => !isMet);
  return [
    ...(unmet.length === 0 ? [] : [[bold('Not automatic: '), text(unmetWords(unmet))]]),
    ...(alternative === undefined
      ? []
      : [[bold('Instead: '), text(neutralText(alternative.words, WORDS_LENGTH))]]),
  ];
}

/** What was found of the conditions under which nobody would have been asked, in words. */
function unmetWords(unmet: readonly ConditionFact[]): string {
  const shown = unmet.slice(0, MAX_FACTS).map(factWords);
  const more = unmet.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

const factWords = ({ condition, wanted, found }: ConditionFact): string =>
  neutralText(`${condition}: ${found} (wanted: ${wanted})`, FACT_LENGTH);
