import type { Explanation } from '@drawbridge/contracts';
import { showDuration } from '../input/duration.js';
import { alternativeTexts, factTexts, riskText } from './fact-text.js';
import { neutralise } from './neutralise.js';
import { behalfText, requirementText, resolvedLines } from './request-text.js';
import { fields } from './table.js';

/** What would become of a request, for people. */
export function explanationText(told: Explanation): string {
  if (told.verdict === 'denied') {
    const { code, message, suggestion, alternative } = told;
    return [
      'it would be denied\n',
      `  why: ${neutralise(message)} (${neutralise(code)})\n`,
      ...(suggestion === undefined ? [] : [`  instead: ${neutralise(suggestion)}\n`]),
      ...alternativeTexts(alternative),
    ].join('');
  }
  const { policy, terms, cuts, risk, approval, facts, alternative, resolved } = told;
  return [
    approval.type === 'none' ? 'it would need nobody\n' : 'it would be asked of humans\n',
    fields([
      ['needs', requirementText(approval)],
      ['duration', showDuration(terms.durationSeconds)],
      ['from', terms.startAt],
      ['on behalf of', behalfText(terms)],
      ['policy', policy.name],
      ['and', told.behalfPolicy?.name],
      ['risk', riskText(risk)],
    ]),
    ...resolvedLines(resolved),
    ...cuts.map(
      ({ field, asked, granted, why }) =>
        `  cut: ${neutralise(`${field}: asked for ${asked}, allowed ${granted}: ${why}`)}\n`,
    ),
    ...factTexts(facts),
    ...alternativeTexts(alternative),
  ].join('');
}
