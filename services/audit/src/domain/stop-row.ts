import { StopEvent } from '@drawbridge/contracts';
import { recordedRow, type EventRow, type Searchable, type StoredEvent } from './event-row.js';

/** One event of a stop as a row of the table `stops`. */
export const stopRow = (event: StoredEvent): EventRow => ({
  ...recordedRow(event),
  stop_key: event.aggregateId,
  ...searchable(event),
});

/** Whom or what it stops; a release says only by its key what it releases. */
function searchable({ type, data }: StoredEvent): Searchable {
  const parsed = StopEvent.safeParse({ type, data });
  if (!parsed.success) return {};
  const { data: known } = parsed.data;
  if ('commandId' in known) return { connection: known.connection };
  if ('subject' in known) return { agent_issuer: known.issuer, agent_subject: known.subject };
  if (!('target' in known) || known.target === 'all') return {};
  const { target } = known;
  if ('connection' in target) return { connection: target.connection };
  return { agent_issuer: target.agent.issuer, agent_subject: target.agent.subject };
}
