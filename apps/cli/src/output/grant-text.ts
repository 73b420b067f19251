import type { GrantView, OpenGrantsView } from '@drawbridge/contracts';
import { showDuration } from '../input/duration.js';
import { table } from './table.js';

/** Open grants, one line each. */
export function grantTable({ items, total }: OpenGrantsView, now: Date): string {
  if (items.length === 0) return 'no open grants\n';
  const lines = table(
    ['REQUEST', 'WHO', 'CONNECTION', 'WHAT', 'RISK', 'LEFT', 'APPROVED BY'],
    items.map((grant) => [
      grant.accessRequestId,
      grant.grantee.subject,
      grant.terms.connection,
      grant.plainWords.join('; '),
      grant.risk.level,
      leftText(grant, now),
      grant.approvers.length === 0 ? 'policy alone' : grant.approvers.join(', '),
    ]),
  );
  return total > items.length ? `${lines}and ${total - items.length} more\n` : lines;
}

function leftText({ startsAt, endsAt }: GrantView, now: Date): string {
  const until = (instant: string) => (Date.parse(instant) - now.getTime()) / 1000;
  return until(startsAt) > 0
    ? `opens in ${showDuration(until(startsAt))}`
    : showDuration(until(endsAt));
}
