import type { AuditCommand } from '@drawbridge/contracts';

const changing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Whether a call asks for a change. */
export const isChange = ({ verb }: Pick<AuditCommand, 'verb'>): boolean => changing.has(verb);

/** Whether a change was asked for as a dry-run: of a delete with a body the record says it, of others the query does. */
export function isDryRun(command: Pick<AuditCommand, 'verb' | 'query' | 'dryRun'>): boolean {
  if (!isChange(command)) return false;
  return command.dryRun ?? new URLSearchParams(command.query).getAll('dryRun').includes('All');
}
