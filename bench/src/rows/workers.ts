import { wrk } from '../load/wrk.js';
import { corePlan } from '../machine/core-plan.js';
import { allowedCores } from '../machine/machine-facts.js';
import type { BenchSession } from '../session.js';
import { paths } from '../upstream/objects.js';
import { measureLoad } from './measure-load.js';
import { interleave, skipped, type Contest, type Row } from './row.js';

const CONNECTIONS = 128;

/** The same process with one worker on one core, and with two on two. */
export const workers: Row = {
  name: 'workers',
  title: `GET of 2 kB, ${CONNECTIONS} kept connections, one worker against two`,
  run: async (session) => {
    if (corePlan(allowedCores(), 2).proxy.length < 2) return skipped('there are too few cores');
    const contests = [await contestOf(session, 1), await contestOf(session, 2)];
    return { samples: await interleave(contests, session.pace), notes: [] };
  },
};

async function contestOf(session: BenchSession, count: number): Promise<Contest> {
  const { proxy: cores } = corePlan(allowedCores(), count);
  const { target } = await session.startDrawbridge(`workers-${count}`, { workers: count, cores });
  const load = { path: paths.pod, connections: CONNECTIONS, seconds: session.options.seconds };
  const generator = session.generator('wrk');
  return {
    contender: `drawbridge, ${count} ${count === 1 ? 'worker' : 'workers'}`,
    measure: () => measureLoad(target, () => wrk(generator, target, load)),
  };
}
