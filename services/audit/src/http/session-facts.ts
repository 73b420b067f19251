import type {
  AuditCommand,
  AuditHoldEvent,
  AuditStopEvent,
  StoryChanges,
  StoryRecording,
} from '@drawbridge/contracts';
import { changesOf, isChange } from '@drawbridge/replay';
import { commandOfKey } from '@drawbridge/stops';
import { selectBodies, selectRecordings } from '../clickhouse/select-bodies.js';
import { selectStoryHolds, selectStoryOrders } from '../clickhouse/select-story.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { inlineBodies, storyRecording } from '../domain/recorded-bodies.js';

/** Bodies of so many commands are in memory at a time. */
const AT_ONCE = 50;
/** Of what is told of the changes of one page. */
const MAX_LENGTH = 8_388_608;

/** What the record has beside the commands of one page. */
export interface PageFacts {
  readonly holds: readonly AuditHoldEvent[];
  readonly changes: ReadonlyMap<string, StoryChanges>;
  readonly recordings: ReadonlyMap<string, StoryRecording>;
  readonly orders: ReadonlyMap<string, readonly AuditStopEvent[]>;
}

/** @throws AuditQueryError */
export async function factsOf(
  store: AuditStore,
  commands: readonly AuditCommand[],
): Promise<PageFacts> {
  const holdIds = new Set(commands.flatMap(({ holdId }) => holdId ?? []));
  return {
    holds: await selectStoryHolds(store, [...holdIds]),
    changes: await changesIn(store, commands),
    recordings: await recordingsOf(store, commands),
    orders: await ordersOf(store, commands),
  };
}

async function changesIn(
  store: AuditStore,
  commands: readonly AuditCommand[],
): Promise<ReadonlyMap<string, StoryChanges>> {
  const changes = new Map<string, StoryChanges>();
  const writes = commands.filter(isChange);
  let length = 0;
  for (let from = 0; from < writes.length; from += AT_ONCE) {
    const some = writes.slice(from, from + AT_ONCE);
    const bodies = inlineBodies(
      await selectBodies(
        store,
        some.map(({ id }) => id),
      ),
    );
    for (const command of some) {
      const changed = changesOf(command, bodies.get(command.id) ?? {});
      if (changed === undefined) continue;
      length += JSON.stringify(changed).length;
      changes.set(command.id, length < MAX_LENGTH ? changed : { unknown: 'too_large' });
    }
  }
  return changes;
}

const recorded = new Set(['exec', 'attach', 'portforward', 'log']);

const hasChannel = ({ subresource, verb }: AuditCommand): boolean =>
  recorded.has(subresource) || verb === 'watch';

async function ordersOf(
  store: AuditStore,
  commands: readonly AuditCommand[],
): Promise<PageFacts['orders']> {
  const events = await selectStoryOrders(store, commands.filter(hasChannel));
  return Map.groupBy(events, ({ key }) => commandOfKey(key));
}

async function recordingsOf(
  store: AuditStore,
  commands: readonly AuditCommand[],
): Promise<ReadonlyMap<string, StoryRecording>> {
  const channels = commands.filter(hasChannel);
  const rows = await selectRecordings(
    store,
    channels.map(({ id }) => id),
  );
  return new Map(rows.map((row) => [row.command_id, storyRecording(row)] as const));
}
