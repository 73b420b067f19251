import { setTimeout as delay } from 'node:timers/promises';
import { RunningStreams, type StreamFigures, type StreamLoadOptions } from '../load/stream-load.js';
import { cpuSeconds, forgetPeak, memoryBytes, peakMemoryBytes } from '../machine/process-usage.js';
import type { Target } from '../peers/target.js';
import type { BenchSession } from '../session.js';
import { startStreamUpstream } from '../upstream/start-stream-upstream.js';
import { interleave, type Contest, type RowOutcome, type Sample } from './row.js';

/** Time for what a proxy does behind an answer: timers, collectors, records. */
const SETTLE_MS = 1_500;

export type StreamOrder = Omit<StreamLoadOptions, 'cores' | 'certificateAuthorityFile'> & {
  /** @default those of the load */
  readonly cores?: readonly number[];
};

/** Runs a row of streams on fresh proxies in front of the upstream that streams. */
export async function streamRow(
  session: BenchSession,
  contestOf: (target: Target) => Contest,
): Promise<RowOutcome> {
  const upstream = await startStreamUpstream(session);
  try {
    const peers = await session.startPeers(upstream.port);
    try {
      return { samples: await interleave(peers.targets.map(contestOf), session.pace), notes: [] };
    } finally {
      await peers.stop();
    }
  } finally {
    await upstream.stop();
  }
}

export const openStreams = (
  session: BenchSession,
  target: Target,
  order: StreamOrder,
): RunningStreams =>
  new RunningStreams(target, {
    ...order,
    cores: order.cores ?? session.plan.load,
    certificateAuthorityFile: session.setting.upstreamCa,
  });

/** What arrives on open streams, and what it costs the proxy; `per` says of which figure a unit is one. */
export async function measureFlow(
  session: BenchSession,
  target: Target,
  { order, per }: { readonly order: StreamOrder; readonly per: 'lines' | 'megabytes' },
): Promise<Sample> {
  const { pid } = target;
  if (pid !== undefined) forgetPeak(pid);
  const streams = openStreams(session, target, order);
  try {
    await streams.opened;
    const before = pid === undefined ? 0 : cpuSeconds(pid);
    const figures = await streams.figures;
    const cpu = pid === undefined ? 0 : cpuSeconds(pid) - before;
    return {
      ...flowOf(figures, per),
      ...(pid !== undefined && {
        cpuUsPerCall: (cpu / unitsOf(figures, per)) * 1e6,
        peakMb: peakMemoryBytes(pid) / 1e6,
      }),
    };
  } finally {
    await streams.close();
    await delay(SETTLE_MS);
  }
}

const unitsOf = ({ lines, bytes }: StreamFigures, per: 'lines' | 'megabytes'): number =>
  per === 'lines' ? lines : bytes / 1e6;

const flowOf = (figures: StreamFigures, per: 'lines' | 'megabytes'): Sample => ({
  perSecond: unitsOf(figures, per) / figures.seconds,
  megabytesPerSecond: figures.bytes / figures.seconds / 1e6,
});

/** What open streams with nothing on them cost: resident memory of the proxy divided by their number. */
export async function measureIdle(
  session: BenchSession,
  target: Target,
  order: StreamOrder,
): Promise<Sample> {
  const { pid } = target;
  if (pid === undefined) return {};
  // What the first streams cost is code and buffers that serve all later ones.
  const first = openStreams(session, target, { ...order, streams: Math.ceil(order.streams / 4) });
  await first.opened;
  await first.close();
  await delay(SETTLE_MS);
  const before = memoryBytes(pid);
  const streams = openStreams(session, target, order);
  try {
    await streams.opened;
    await delay(SETTLE_MS);
    const kilobytes = (memoryBytes(pid) - before) / 1e3;
    return { kilobytesPerStream: kilobytes / order.streams, megabytes: memoryBytes(pid) / 1e6 };
  } finally {
    await streams.close();
    await delay(SETTLE_MS);
  }
}
