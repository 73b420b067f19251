import type { BridgesView, RaisedView, StopTarget } from '@drawbridge/contracts';
import { neutralise } from './neutralise.js';
import { table } from './table.js';

/** What was raised just now. */
export function raisedText({ target, keep, openGrants, raisedBy, reason }: RaisedView): string {
  const ended = openGrants === 1 ? 'one open grant ends' : `${openGrants} open grants end`;
  const until = keep
    ? 'nothing is granted there until a release'
    : 'new requests are judged as ever';
  return `${neutralise(targetText(target))}: ${ended}; ${until}\n  raised by ${neutralise(raisedBy)}: ${neutralise(reason)}\n`;
}

/** What stays raised, one line each. */
export function bridgesTable({ items }: BridgesView): string {
  if (items.length === 0) return 'no bridges are raised\n';
  return table(
    ['RAISED', 'BY', 'AT', 'REASON'],
    items.map(({ target, raisedBy, raisedAt, reason }) => [
      targetText(target),
      raisedBy,
      raisedAt,
      reason,
    ]),
  );
}

function targetText(target: StopTarget): string {
  if (target === 'all') return 'all bridges';
  if ('connection' in target) return `connection ${target.connection}`;
  return `agent ${target.agent.subject} of ${target.agent.issuer}`;
}
