import type { DeadLettersView } from '@drawbridge/contracts';
import { table } from './table.js';

/** What no receiver took, one line each. */
export function deadLetterTable({ items, total }: DeadLettersView): string {
  if (items.length === 0) return 'every message was taken\n';
  const lines = table(
    ['NUMBER', 'WEBHOOK', 'EVENT', 'REQUEST OR ALARM', 'HAPPENED', 'GIVEN UP', 'CODE'],
    items.map(({ sequence, webhook, event, parkedAt, code }) => [
      String(sequence),
      webhook,
      event?.type,
      event?.accessRequestId ?? event?.alarmId,
      event?.at,
      parkedAt,
      code,
    ]),
  );
  return total > items.length ? `${lines}and ${total - items.length} more\n` : lines;
}
