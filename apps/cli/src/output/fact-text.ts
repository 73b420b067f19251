import type { Alternative, ConditionFact, Risk } from '@drawbridge/contracts';
import { neutralise } from './neutralise.js';

/** Of a reason that goes on for longer only its first words are shown: the rules stand beside it, and `-o json` has all. */
const REASON_LENGTH = 80;

/** The level with its score and reasons. */
export const riskText = ({ level, score, reasons }: Risk): string =>
  [score === undefined ? level : `${level} (${score} of 100)`, ...reasons.map(shortly)].join('; ');

function shortly(reason: string): string {
  const [first = reason] = reason.split(': ');
  return reason.length > REASON_LENGTH && first !== reason ? `${first} …` : reason;
}

/** What was found of the conditions under which nobody is asked, a line each. */
export const factTexts = (facts: readonly ConditionFact[] = []): string[] =>
  facts.map(({ rule, condition, wanted, found, isMet }) => {
    const words = `${rule}: ${condition} is ${found}, wanted: ${wanted}`;
    return `  condition ${isMet ? 'met' : 'not met'}: ${neutralise(words)}\n`;
  });

/** What would need nobody instead, as one line; nothing where there is no such thing. */
export const alternativeTexts = (alternative: Alternative | undefined): string[] =>
  alternative === undefined ? [] : [`  instead: ${neutralise(alternative.words)}\n`];
