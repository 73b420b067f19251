import { join } from 'node:path';
import type { ClosedLoad } from '../load/wrk.js';
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
  run: (session) => recordedAndNot(session, { path: paths.pod, connections: 1 }),
};

async function recordedAndNot(
  session: BenchSession,
  load: Omit<ClosedLoad, 'seconds'>,
): Promise<RowOutcome> {
  const main = join(import.meta.dirname, '../drawbridge/unrecorded-main.js');
  const unrecorded = await session.startDrawbridge('unrecorded', { main });
  const recorded = await session.startDrawbridge('recorded');
  try {
    const contests = [
      closedContest(session, recorded.target, load),
      {
        ...closedContest(session, unrecorded.target, load),
        contender: 'drawbridge, unrecorded',
      },
    ];
    return { samples: await interleave(contests, session.pace), notes: [] };
  } finally {
    await unrecorded.stop();
    await recorded.stop();
  }
}
