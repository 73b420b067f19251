import type { HoldView, WaitingHolds } from '@drawbridge/contracts';
import { showDuration } from '../input/duration.js';
import { neutralise } from './neutralise.js';
import { fields, table } from './table.js';

/** Held calls that wait for a decision, one line each. */
export function holdTable({ items, total }: WaitingHolds, now: Date): string {
  if (items.length === 0) return 'no held call waits for you\n';
  const lines = table(
    ['ID', 'WHO', 'CONNECTION', 'WHAT', 'LEFT', 'HELD BECAUSE'],
    items.map((view) => [
      view.id,
      view.agent.subject,
      view.call.connection,
      view.plainWords,
      leftText(view.decideBy, now),
      view.reason,
    ]),
  );
  return total > items.length ? `${lines}and ${total - items.length} more\n` : lines;
}

/** One held call as an approver needs to see it: whole. */
export function holdText(view: HoldView, now: Date): string {
  const { id, status, agent, call, purpose, decision } = view;
  const query = call.query === '' ? '' : `?${call.query}`;
  const remark = decision?.remark === undefined ? '' : `: ${decision.remark}`;
  return [
    `held call ${id}: ${status}\n`,
    fields([
      ['who', agent.subject],
      ['owner', agent.owner],
      ['what', view.plainWords],
      ['call', `${call.method} ${call.path}${query}`],
      ['body', call.bodySha256 === '' ? undefined : `${call.contentType}, ${call.bodySha256}`],
      ['connection', `${call.connection} (${view.environment})`],
      ['held because', view.reason],
      ['instead', view.suggestion],
      ['purpose', purpose.reason],
      ['ticket', purpose.ticket],
      ['guardrail', `${call.rule} (${call.policyVersion})`],
      ['needs', neededText(view)],
      ...endorsementLines(view),
      ['left', status === 'open' ? leftText(view.decideBy, now) : undefined],
      ['may pass for', status === 'approved' ? leftText(view.validUntil, now) : undefined],
      ['decided by', decision && `${decision.by} through ${decision.via}${remark}`],
      ['command', view.releasedCommandId],
    ]),
    ...effectLines(view),
  ].join('');
}

function neededText({ approvers: { groups, count = 1 }, missing }: HoldView): string {
  const from = groups.join(' or ');
  if (count === 1) return `one approval from ${from}`;
  const more = missing === undefined ? '' : `, ${missing} more`;
  return `approvals of ${count} different people from ${from}${more}`;
}

const endorsementLines = ({ endorsements = [] }: HoldView): [string, string][] =>
  endorsements.map(({ by, via, remark }) => [
    'one yes by',
    `${by} through ${via}${remark === undefined ? '' : `: ${remark}`}`,
  ]);

function effectLines({ effect }: HoldView): string[] {
  if (effect === undefined) return [];
  const { touches, warnings, soFar, noDiff, diff = [] } = effect;
  return [
    ...touches.map((fact) => `  touches: ${neutralise(fact)}\n`),
    ...warnings.map((fact) => `  the cluster warns: ${neutralise(fact)}\n`),
    ...soFar.map((fact) => `  before that: ${neutralise(fact)}\n`),
    ...(noDiff === undefined ? [] : [`  no dry-run: ${neutralise(noDiff)}\n`]),
    ...(diff.length === 0 ? [] : ['  what a dry-run changes:\n']),
    ...diff.map((line) => `    ${neutralise(line)}\n`),
  ];
}

const leftText = (until: string | undefined, now: Date): string | undefined =>
  until === undefined
    ? undefined
    : showDuration((new Date(until).getTime() - now.getTime()) / 1000);
