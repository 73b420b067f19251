import { join } from 'node:path';
import { z } from 'zod';
import { runPinned } from '../machine/bench-process.js';
import type { Target } from '../peers/target.js';

/** A closed loop: every connection sends its next call when the answer to the last one is there. */
export interface ClosedLoad {
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /**
   * Calls a second, instead of as many as there are answers: connections wait a random while between calls, so
   * that a slow answer holds up one of them and not the rate.
   */
  readonly perSecond?: number;
  /** Refusals are answers too: for a flood that the gateway is to fend off. @default false */
  readonly mayBeRefused?: boolean;
}

export interface LoadFigures {
  readonly requests: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const Report = z.object({
  requests: z.number(),
  durationUs: z.number(),
  bytes: z.number(),
  p50Us: z.number(),
  p99Us: z.number(),
  refused: z.number(),
  broken: z.number(),
});

/** Beside `dist` and `src` alike. */
const scripts = join(import.meta.dirname, '../../src/load');
const SEED = '4711';
/** Before users with a rate of their own send their first calls: until then all have shaken hands. */
const ARRIVAL_SECONDS = 1;

export interface Generator {
  readonly program: string;
  readonly cores: readonly number[];
  /** Gets them only when nobody else wants them. @default false */
  readonly yields?: boolean;
}

/**
 * @throws Error when a call was refused or broken off: a figure with refusals in it means nothing
 */
export async function wrk(
  { program, cores, yields = false }: Generator,
  target: Target,
  load: ClosedLoad,
): Promise<LoadFigures> {
  const { path, connections, seconds, perSecond } = load;
  const threads = Math.min(Math.max(1, cores.length), connections);
  const arrivalSeconds = perSecond === undefined ? 0 : ARRIVAL_SECONDS;
  const args = [
    `--threads=${threads}`,
    `--connections=${connections}`,
    `--duration=${seconds + arrivalSeconds}s`,
    '--timeout=30s',
    `--script=${join(scripts, perSecond === undefined ? 'report.lua' : 'think.lua')}`,
    ...Object.entries(target.headers).flatMap((header) => ['--header', header.join(': ')]),
    `${target.origin}${target.prefix}${path}`,
  ];
  const thinkMs = (connections / (perSecond ?? 1)) * 1e3;
  const env = {
    BENCH_THINK_MS: String(thinkMs),
    BENCH_SEED: SEED,
    BENCH_CONNECTIONS_PER_THREAD: String(Math.floor(connections / threads)),
    BENCH_ARRIVAL_MS: String(arrivalSeconds * 1e3),
  };
  const output = await runPinned({ command: program, args, cores, env, yields });
  const line = output.split('\n').findLast((each) => each.startsWith('{')) ?? '{}';
  const report = Report.parse(JSON.parse(line));
  const refused = load.mayBeRefused === true ? 0 : report.refused;
  if (refused > 0 || report.broken > 0 || report.requests === 0) {
    throw new Error(`${target.name}: ${report.refused} refused, ${report.broken} broken: ${line}`);
  }
  return {
    requests: report.requests,
    seconds: report.durationUs / 1e6 - arrivalSeconds,
    bytes: report.bytes,
    p50Ms: report.p50Us / 1e3,
    p99Ms: report.p99Us / 1e3,
  };
}
