import { join } from 'node:path';
import type { ClosedLoad } from '../load/wrk.js';
import { diskSyncMs } from '../machine/disk-syncs.js';
import { paths } from '../upstream/objects.js';
import type { BenchSession } from '../session.js';
import { interleave, type Row, type RowOutcome } from './row.js';
import { closedContest } from './small-get.js';

/** What strict recording costs when there is much to record at once. */
export const recording: Row = {
  name: 'recording',
  title: 'GET of 2 kB, 64 kept connections, recorded and not',
  run: (session) => recordedAndNot(session, { path: paths.pod, connections: 64 }),
};

/** What waiting for the acknowledgement adds to a call that is alone. */
export const recordingIdle: Row = {
  name: 'recording-idle',
  title: 'GET of 2 kB, one kept connection, recorded and not',
  run: async (session) => {
    const sync = diskSyncMs(session.directory).toFixed(2);
    const { samples } = await recordedAndNot(session, { path: paths.pod, connections: 1 });
    const notes = [
      `the disk keeps an appended kilobyte in ${sync} ms, p50; so long waits nats-server`,
    ];
    return { samples, notes };
  },
};

/** Two lines a call, without bodies of calls; and what those add. */
async function recordedAndNot(
  session: BenchSession,
  load: Omit<ClosedLoad, 'seconds'>,
): Promise<RowOutcome> {
  const main = join(import.meta.dirname, '../drawbridge/unrecorded-main.js');
  const bodies = 'none';
  const unrecorded = await session.startDrawbridge('unrecorded', { main, bodies });
  const recorded = await session.startDrawbridge('recorded', { bodies });
  const withBodies = await session.startDrawbridge('with-bodies', { bodies: 'all' });
  const named = { 'drawbridge, unrecorded': unrecorded, 'drawbridge, with bodies': withBodies };
  try {
    const contests = [
      closedContest(session, recorded.target, load),
      ...Object.entries(named).map(([contender, { target }]) => ({
        ...closedContest(session, target, load),
        contender,
      })),
    ];
    return { samples: await interleave(contests, session.pace), notes: [] };
  } finally {
    for (const each of [unrecorded, recorded, withBodies]) await each.stop();
  }
}
