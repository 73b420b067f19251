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

const leftText = ({ endsAt }: GrantView, now: Date): string =>
  showDuration((Date.parse(endsAt) - now.getTime()) / 1000);
