import { wrk, type ClosedLoad } from '../load/wrk.js';
import type { Target } from '../peers/target.js';
import type { BenchSession } from '../session.js';
import { paths } from '../upstream/objects.js';
import { measureLoad } from './measure-load.js';
import { contest, interleave, type Contest, type Row } from './row.js';

const CONNECTIONS = 64;

/** 2 kB over 64 kept connections, as fast as it goes. */
export const smallGet: Row = {
  name: 'small-get',
  title: `GET of 2 kB, ${CONNECTIONS} kept connections, closed loop`,
  run: (session) => closedLoop(session, { path: paths.pod, connections: CONNECTIONS }),
};

/** The same over one connection: what a proxy adds to an answer when nobody else wants anything. */
export const oneConnection: Row = {
  name: 'one-connection',
  title: 'GET of 2 kB, one kept connection: added latency',
  run: (session) =>
    closedLoop(session, { path: paths.pod, connections: 1, warmUpConnections: CONNECTIONS }),
};

/** A list as a controller or a curious agent fetches it. */
export const largeList: Row = {
  name: 'large-list',
  title: 'list of 5 MB, 4 kept connections',
  run: (session) => closedLoop(session, { path: paths.list, connections: 4 }),
};

/** As many bytes that nobody has to look into. */
export const largeDocument: Row = {
  name: 'large-document',
  title: '5 MB to which no masking rule applies, 4 kept connections',
  run: (session) => closedLoop(session, { path: paths.document, connections: 4 }),
};

interface Load extends Omit<ClosedLoad, 'seconds'> {
  /** In the first round. @default connections */
  readonly warmUpConnections?: number;
}

async function closedLoop(session: BenchSession, load: Load) {
  const contests = session.targets.map((target) => closedContest(session, target, load));
  return { samples: await interleave(contests, session.pace), notes: [] };
}

/**
 * A closed loop by wrk on one target. The first round is longer and may have more connections: what V8 has not
 * compiled yet costs up to twice as much a call, and that takes some 100,000 small calls.
 */
export function closedContest(
  session: BenchSession,
  target: Target,
  { warmUpConnections, ...load }: Load,
): Contest {
  const generator = session.generator('wrk');
  const { seconds, warmUpSeconds } = session.options;
  const connections = warmUpConnections ?? load.connections;
  let next: ClosedLoad = { ...load, connections, seconds: Math.max(seconds, warmUpSeconds) };
  return contest(target, () => {
    const now = next;
    next = { ...load, seconds };
    return measureLoad(target, () => wrk(generator, target, now));
  });
}
