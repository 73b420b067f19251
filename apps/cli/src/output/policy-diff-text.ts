import type { Decision, DiffReport, Group } from '../policy-diff/diff-report.js';
import { fields, table } from './table.js';

/** Counts first, then groups, then the decisions. */
export function policyDiffText(report: DiffReport): string {
  const { changes, cannotTell, changedDecisions, untoldDecisions, changed, untold } = report;
  return [
    `policy ${report.policyVersion} against ${report.against === 'recorded' ? 'what was decided' : report.against}\n`,
    fields([
      ['from', report.since],
      ['to', report.until],
      ['commands', String(report.commands)],
      ['not judged', `${report.notJudged} (refused before guardrails are asked)`],
      ['unchanged', String(report.unchanged)],
      ['changed', String(changed)],
      ['cannot be told', untoldCount(report)],
    ]),
    section(changes, changeTable),
    section(changedDecisions, decisionTable),
    rest(changed - changedDecisions.length, 'changed decisions'),
    section(cannotTell, untoldTable),
    section(untoldDecisions, untoldDecisionTable),
    rest(untold - untoldDecisions.length, 'that cannot be told'),
  ].join('');
}

/** `3 (the body 2, claims of the token 1)`; one that wants both counts for both. */
function untoldCount({ untold, wanting }: DiffReport): string {
  const wants = Object.entries(wanting).map(([fact, count]) => `${wordsOf(fact)} ${count}`);
  return wants.length === 0 ? String(untold) : `${untold} (without ${wants.join(', ')})`;
}

const wordsOf = (fact: string): string => needed[fact] ?? fact;

const section = <Item>(items: readonly Item[], show: (items: readonly Item[]) => string): string =>
  items.length === 0 ? '' : `\n${show(items)}`;

const rest = (count: number, what: string): string =>
  count <= 0 ? '' : `… and ${count} more ${what}: --limit, or -o jsonl for all\n`;

const changeTable = (groups: readonly Group[]): string =>
  table(
    ['CHANGE', 'COUNT', 'RULES'],
    groups.map(({ before, after, count, rules }) => [
      `${shown(before)} -> ${shown(after)}`,
      String(count),
      rules.join(', '),
    ]),
  );

const untoldTable = (groups: readonly Group[]): string =>
  table(
    ['CANNOT BE TOLD', 'COUNT', 'RULES'],
    groups.map(({ missing, count, rules }) => [
      `needs ${missing.map(wordsOf).join(', ')}`,
      String(count),
      rules.join(', '),
    ]),
  );

/** What is missing, in words. */
const needed: Readonly<Record<string, string>> = {
  body: 'the body',
  claims: 'claims of the token',
  connection: 'the connection in the configuration',
  contentType: 'the type of the body',
  dryRun: 'options of the delete',
  grant: 'the grant',
  names: 'the whole path',
  query: 'the whole query',
};

const untoldDecisionTable = (decisions: readonly Decision[]): string =>
  table(
    ['TIME', 'AGENT', 'CONNECTION', 'VERB', 'RESOURCE', 'NAMESPACE', 'NAME', 'NEEDS', 'FOR'],
    decisions.map((decision) => [
      ...[decision.at, decision.agent, decision.connection, decision.verb, resourceOf(decision)],
      ...[decision.namespace, decision.name, decision.missing.map(wordsOf).join(', ')],
      decision.unsure.join(', '),
    ]),
  );

const decisionTable = (decisions: readonly Decision[]): string =>
  table(
    [
      ...['TIME', 'AGENT', 'CONNECTION', 'VERB', 'RESOURCE', 'NAMESPACE', 'NAME'],
      ...['BEFORE', 'AFTER', 'RULE'],
    ],
    decisions.map((decision) => [
      ...[decision.at, decision.agent, decision.connection, decision.verb, resourceOf(decision)],
      ...[decision.namespace, decision.name, shown(decision.before), shown(decision.after)],
      decision.ruleAfter ?? decision.unsure[0] ?? decision.ruleBefore,
    ]),
  );

const shown = (outcome: string | null): string => outcome ?? '?';

function resourceOf({ resource, subresource, apiGroup, path }: Decision): string {
  if (resource === '') return path;
  const name = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
  return subresource === '' ? name : `${name}/${subresource}`;
}
