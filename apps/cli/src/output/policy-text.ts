import type { Explanation } from '../policy/explain-call.js';
import type { PolicyTestReport } from '../policy/test-policies.js';
import { neutralise } from './neutralise.js';
import { fields } from './table.js';

type Matched = Explanation['decision']['matched'][number];

/** The decision first, then why, then everything else that was found out. */
export function explanationText({ decision, about, needed }: Explanation): string {
  const { effect, decidedBy, matched, policyVersion } = decision;
  const others = matched.filter((rule) => rule !== decidedBy);
  const missing = needed.filter(({ given }) => !given).map(({ fact }) => fact);
  return [
    `${effect}${decidedBy === undefined ? '' : ` by ${neutralise(decidedBy.rule)}`}\n`,
    fields([
      ['reason', decidedBy?.reason],
      ['suggestion', decidedBy?.suggestion],
      ['in doubt', decidedBy === undefined ? undefined : doubtText(decidedBy)],
      ...others.map((rule): [string, string] => ['also met', `${rule.action} ${rule.rule}`]),
      ['looked at', lookedAt(about, matched)],
      ['not given', missing.length === 0 ? undefined : `${missing.join(', ')}: counts against it`],
      ['version', policyVersion],
    ]),
  ].join('');
}

/** One line for each failure, then what was run. */
export function testReportText({ failures, cases, untested }: PolicyTestReport): string {
  const line = (what: string, rules: readonly string[]) =>
    rules.length === 0 ? [] : [`${what}: ${rules.join(', ')}`];
  return [
    ...failures,
    ...line('rules without a call that they catch', untested.caught),
    ...line('rules without a near miss', untested.missed),
    failures.length === 0
      ? `${cases} cases, all as expected`
      : `${failures.length} of ${cases} cases failed`,
  ]
    .map((text) => `${neutralise(text)}\n`)
    .join('');
}

function doubtText({ doubt, detail }: Matched): string | undefined {
  if (doubt === undefined) return undefined;
  return `${doubt}${detail === undefined ? '' : `: ${detail}`}`;
}

function lookedAt(about: readonly string[], matched: readonly Matched[]): string {
  if (about.length === 0) return 'no rule is about such calls';
  const met = new Set(matched.map(({ rule }) => rule));
  const unmet = about.filter((rule) => !met.has(rule));
  return unmet.length === 0 ? 'every rule about such calls is met' : `not met: ${unmet.join(', ')}`;
}
