import type { DisabledAgentsView } from '@drawbridge/contracts';
import { table } from './table.js';

/** Disabled agents, one line each. */
export const disabledTable = ({ items }: DisabledAgentsView): string =>
  items.length === 0
    ? 'no agent is disabled\n'
    : table(
        ['AGENT', 'ISSUER', 'SINCE', 'BY', 'WHY'],
        items.map(({ subject, issuer, disabledAt, disabledBy, reason }) => [
          subject,
          issuer,
          disabledAt,
          disabledBy,
          reason,
        ]),
      );
