import { wrk } from '../load/wrk.js';
import type { Target, TargetName } from '../peers/target.js';
import type { BenchSession } from '../session.js';
import { paths } from '../upstream/objects.js';
import { measureLoad } from './measure-load.js';
import { contest, interleave, type Contest, type Row, type Sample } from './row.js';

const SATURATING = { path: paths.pod, connections: 64 };
/** Many, so that each waits for long compared to an answer and few calls are held up by a slow one. */
const USERS = 256;
/** A tail of less is that of chance: whether a collection of garbage fell into it. */
const SECONDS = 8;
/**
 * Of the same load before each round, which does not count: what is meant is the tail of a proxy that runs, and not
 * its first moment behind the turns of all others, when its connections to the cluster have been closed.
 */
const BEFORE_SECONDS = 2;

/** Drawbridge with as many calls as half of what `kubectl proxy` can do. */
const AT_ITS_RATE = "drawbridge, at kubectl proxy's rate";

/** The tail when a proxy is half as busy as it can be: where it is meant to be run. */
export const halfLoad: Row = {
  name: 'half-load',
  title: `GET of 2 kB at half of each proxy's own saturation, ${USERS} independent users`,
  run: async (session) => {
    const contests: Contest[] = [];
    const rates = new Map<TargetName, number>();
    for (const target of session.targets) {
      const perSecond = (await saturation(session, target)) / 2;
      rates.set(target.name, perSecond);
      contests.push(contest(target, (each) => tail(session, each, perSecond)));
    }
    const ours = session.targets.find(({ name }) => name === 'drawbridge');
    const rate = rates.get('kubectl proxy');
    if (ours !== undefined && rate !== undefined) {
      contests.push({ contender: AT_ITS_RATE, measure: () => tail(session, ours, rate) });
    }
    return { samples: await interleave(contests, session.pace), notes: [] };
  },
};

async function tail(session: BenchSession, target: Target, perSecond: number): Promise<Sample> {
  const generator = session.generator('wrk');
  const seconds = Math.max(SECONDS, session.options.seconds);
  const load = { path: paths.pod, connections: USERS, seconds, perSecond };
  await wrk(generator, target, { ...load, seconds: BEFORE_SECONDS });
  return measureLoad(target, () => wrk(generator, target, load));
}

/** Calls a second, once V8 has compiled the chain: half of what a cold gateway does would be no load at all. */
async function saturation(session: BenchSession, target: Target): Promise<number> {
  const { seconds, warmUpSeconds } = session.options;
  const generator = session.generator('wrk');
  await wrk(generator, target, { ...SATURATING, seconds: Math.max(seconds, warmUpSeconds) });
  const loaded = await wrk(generator, target, { ...SATURATING, seconds });
  return loaded.requests / loaded.seconds;
}
