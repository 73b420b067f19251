import type { AuditCommand, Principal } from '@drawbridge/contracts';
import type { AuditReader } from './audit-reader.js';
import { Tally, type DiffReport, type TallyOptions } from './diff-report.js';
import { GrantFacts } from './grant-facts.js';
import { looksAt, type PolicySide } from './policy-side.js';
import { reachesGuardrails, recordedCall } from './recorded-call.js';
import { metThen } from './met-then.js';
import { isSame, saidBy, saidThen } from './said-of-call.js';

export interface Comparison extends TallyOptions {
  readonly after: PolicySide;
  /** Absent: against what was decided then. */
  readonly before: PolicySide | undefined;
  readonly since: string;
  readonly until: string;
  /** Of commands, as audit takes it. */
  readonly filter: Readonly<Record<string, string | undefined>>;
}

/** Judges what was recorded by a changed policy, and counts what would have been decided otherwise. */
export async function diffPolicies(
  audit: AuditReader,
  comparison: Comparison,
): Promise<DiffReport> {
  const { after, before, since, until, filter } = comparison;
  const tally = new Tally(comparison);
  const grants = new GrantFacts(audit);
  const needsGrants = looksAt(after, 'grant') || (before !== undefined && looksAt(before, 'grant'));
  for await (const commands of audit.commands({ ...filter, since, until })) {
    const judged = commands.filter(hasReached);
    tally.commands += commands.length;
    tally.notJudged += commands.length - judged.length;
    if (needsGrants) await grants.learn(new Set(judged.flatMap(({ grantId = [] }) => grantId)));
    for (const command of judged) compare(command, { comparison, grants, tally });
  }
  return tally.report({
    policyVersion: after.guardrails.version,
    against: before?.guardrails.version ?? 'recorded',
    ...{ since, until },
  });
}

interface Work {
  readonly comparison: Pick<Comparison, 'after' | 'before'>;
  readonly grants: Pick<GrantFacts, 'get'>;
  readonly tally: Tally;
}

type Judged = AuditCommand & { readonly agent: Principal };
const hasReached = (command: AuditCommand): command is Judged => reachesGuardrails(command);

function compare(command: Judged, { comparison, grants, tally }: Work): void {
  const { after, before } = comparison;
  const grant = grants.get(command.grantId);
  const met = metThen(command, before === undefined ? [after] : [before, after]);
  const ask = (side: PolicySide) =>
    saidBy(side, recordedCall(command, { grant, connections: side.connections }), met);
  const wasBefore = before === undefined || command.policyVersion === before.guardrails.version;
  const then = wasBefore ? saidThen(command) : ask(before);
  // The same policy says the same, whatever is not known any more.
  const isOwn = wasBefore && command.policyVersion === after.guardrails.version;
  const now = isOwn ? then : ask(after);
  const same = isSame(then, now);
  if (same === true) tally.unchanged += 1;
  else if (same === false) tally.changed(command, then, now);
  else tally.untold(command, then, now);
}
