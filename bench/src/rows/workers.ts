import { corePlan } from '../machine/core-plan.js';
import { allowedCores } from '../machine/machine-facts.js';
import type { RunningTarget } from '../peers/target.js';
import { startNginxPeer } from '../peers/nginx-peer.js';
import type { BenchSession } from '../session.js';
import { paths } from '../upstream/objects.js';
import { interleave, skipped, type Row } from './row.js';
import { closedContest } from './small-get.js';

const CONNECTIONS = 128;

/** The same process with one worker on one core, and with two on two; and nginx, to see what the machine gives. */
export const workers: Row = {
  name: 'workers',
  title: `GET of 2 kB, ${CONNECTIONS} kept connections, one worker against two`,
  run: async (session) => {
    const plan = corePlan(allowedCores(), 2);
    if (plan.proxy.length < 2) return skipped('there are too few cores');
    await session.bus.moveTo(plan.bus);
    try {
      return { samples: await oneAndTwo(session), notes: [] };
    } finally {
      await session.bus.moveTo(session.plan.bus);
    }
  },
};

async function oneAndTwo(session: BenchSession) {
  const running: RunningTarget[] = [];
  try {
    const contests = [];
    for (const count of [1, 2]) {
      const cores = corePlan(allowedCores(), count).proxy;
      for (const [name, start] of Object.entries(starters)) {
        const peer = await start(session, { count, cores });
        running.push(peer);
        const load = { path: paths.pod, connections: CONNECTIONS };
        const contender = `${name}, ${count} ${count === 1 ? 'worker' : 'workers'}`;
        contests.push({ ...closedContest(session, peer.target, load), contender });
      }
    }
    return await interleave(contests, session.pace);
  } finally {
    for (const each of running) await each.stop();
  }
}

interface Workers {
  readonly count: number;
  readonly cores: readonly number[];
}

const starters = {
  nginx: (session: BenchSession, { count, cores }: Workers) => {
    const directory = session.directoryFor(`nginx-${count}`);
    const setting = { ...session.setting, workers: count, cores, directory };
    return startNginxPeer(session.program('nginx'), setting);
  },
  drawbridge: (session: BenchSession, { count, cores }: Workers) =>
    session.startDrawbridge(`workers-${count}`, { workers: count, cores }),
} as const;
