import type { BenchSession } from '../session.js';
import { startStreamUpstream } from '../upstream/start-stream-upstream.js';
import type { Contender, RowOutcome, Sample } from './row.js';
import { measureIdle, type StreamOrder } from './streams.js';

/** Memory that a process has once had shows no second time, so each round has processes of its own. */
const MAX_ROUNDS = 3;

/** What an idle stream costs each proxy. */
export async function freshIdle(
  session: BenchSession,
  order: Pick<StreamOrder, 'path' | 'streams' | 'headers'>,
): Promise<RowOutcome> {
  const upstream = await startStreamUpstream(session);
  const samples = new Map<Contender, Sample[]>();
  try {
    for (let round = 1; round <= Math.min(MAX_ROUNDS, session.options.rounds); round += 1) {
      const peers = await session.startPeers(upstream.port);
      try {
        for (const target of peers.targets.filter(({ pid }) => pid !== undefined)) {
          const idle = { ...order, seconds: 0, kind: 'hold' as const };
          const sample = await measureIdle(session, target, idle);
          session.say(`  round ${round} ${target.name} ${JSON.stringify(sample)}`);
          samples.set(target.name, [...(samples.get(target.name) ?? []), sample]);
        }
      } finally {
        await peers.stop();
      }
    }
  } finally {
    await upstream.stop();
  }
  return { samples, notes: [] };
}
