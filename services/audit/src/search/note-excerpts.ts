import type { Principal, SearchRow } from '@drawbridge/contracts';
import type { NoteView } from '../nats/note-view.js';

const AT_ONCE = 16;

/**
 * Puts on the record whose bodies and recordings somebody is shown parts of: one event for each command, or for each
 * grant of which it is more than one. What was searched is not noted: it may be the secret that somebody looks for.
 *
 * @throws EventStoreError
 */
export async function noteExcerpts(
  note: NoteView,
  viewer: Principal,
  rows: readonly SearchRow[],
): Promise<void> {
  const groups = [...Map.groupBy(rows, ({ grantId, commandId }) => grantId ?? commandId).values()];
  for (let from = 0; from < groups.length; from += AT_ONCE) {
    await Promise.all(
      groups.slice(from, from + AT_ONCE).map(async ([row, ...others]) => {
        if (row === undefined) return;
        const { commandId, grantId, connection } = row;
        const isOne = others.every((other) => other.commandId === commandId);
        await note({
          ...(isOne && { commandId }),
          ...(grantId !== undefined && { grantId }),
          ...{ connection, viewer, how: 'search' as const },
        });
      }),
    );
  }
}
