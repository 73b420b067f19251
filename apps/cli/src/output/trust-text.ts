import type { TrustStatus } from '@drawbridge/contracts';
import { table } from './table.js';

type Issuer = TrustStatus['issuers'][number];

/** Issuers, one line each; what is wrong stands behind. */
export const trustTable = ({ issuers }: TrustStatus): string =>
  issuers.length === 0
    ? 'no issuer is believed\n'
    : table(
        ['ISSUER', 'KEYS', 'DIRECTORY', 'PROBLEM'],
        issuers.map((issuer) => [
          issuer.issuer,
          String(issuer.keys),
          directoryWords(issuer),
          [issuer.problem, issuer.directory?.problem].filter(Boolean).join(', ') || '-',
        ]),
      );

function directoryWords({ directory }: Issuer): string {
  if (directory === undefined) return '-';
  const { asked, failed, isFull, readAt } = directory;
  const left = failed === 0 ? '' : `, ${failed} without an answer`;
  const full = isFull ? ', more than it can be asked about' : '';
  return `${asked} asked about${left}${full}, read ${readAt ?? 'never'}`;
}
