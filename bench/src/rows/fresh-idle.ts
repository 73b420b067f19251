import type { BenchSession } from '../session.js';
import { startStreamUpstream } from '../upstream/start-stream-upstream.js';
import type { Contender, RowOutcome, Sample } from './row.js';
import { measureIdle, type StreamOrder } from './streams.js';

/** Memory that a process has once had shows no second time, so each round has processes of its own. */
const MAX_ROUNDS = 3;

type IdleOrder = Pick<StreamOrder, 'path' | 'streams' | 'headers'>;
type Samples = Map<Contender, Sample[]>;

/** What an idle stream costs each proxy. */
export async function freshIdle(session: BenchSession, order: IdleOrder): Promise<RowOutcome> {
  const upstream = await startStreamUpstream(session);
  const samples: Samples = new Map();
  try {
    for (let round = 1; round <= Math.min(MAX_ROUNDS, session.options.rounds); round += 1) {
      session.say(`  round ${round}`);
      const idle = { ...order, seconds: 0, kind: 'hold' as const };
      await measureAll(session, { port: upstream.port, idle, samples });
    }
  } finally {
    await upstream.stop();
  }
  return { samples, notes: [] };
}

interface IdleRound {
  readonly port: number;
  readonly idle: StreamOrder;
  readonly samples: Samples;
}

async function measureAll(session: BenchSession, { port, idle, samples }: IdleRound) {
  const peers = await session.startPeers(port);
  try {
    for (const target of peers.targets.filter(({ pid }) => pid !== undefined)) {
      const sample = await measureIdle(session, target, idle);
      session.say(`  ${target.name} ${JSON.stringify(sample)}`);
      samples.set(target.name, [...(samples.get(target.name) ?? []), sample]);
    }
  } finally {
    await peers.stop();
  }
}
