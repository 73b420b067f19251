import { join } from 'node:path';
import { z } from 'zod';
import { runPinned } from '../machine/bench-process.js';
import type { Target } from '../peers/target.js';

/** A closed loop: every connection sends its next call when the answer to the last one is there. */
export interface ClosedLoad {
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /** A new TLS connection for every call. */
  readonly newConnections?: boolean;
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
const script = join(import.meta.dirname, '../../src/load/report.lua');

export interface Generator {
  readonly program: string;
  readonly cores: readonly number[];
}

/**
 * @throws Error when a call was refused or broken off: a figure with refusals in it means nothing
 */
export async function wrk(
  { program, cores }: Generator,
  target: Target,
  load: ClosedLoad,
): Promise<LoadFigures> {
  const headers = Object.entries({
    ...target.headers,
    ...(load.newConnections === true && { connection: 'close' }),
  });
  const threads = Math.min(Math.max(1, cores.length), load.connections);
  const args = [
    `--threads=${threads}`,
    `--connections=${load.connections}`,
    `--duration=${load.seconds}s`,
    '--timeout=30s',
    `--script=${script}`,
    ...headers.flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    `${target.origin}${target.prefix}${load.path}`,
  ];
  const output = await runPinned({ command: program, args, cores });
  const line = output.split('\n').findLast((each) => each.startsWith('{')) ?? '{}';
  const report = Report.parse(JSON.parse(line));
  if (report.refused > 0 || report.broken > 0 || report.requests === 0) {
    throw new Error(`${target.name}: ${report.refused} refused, ${report.broken} broken: ${line}`);
  }
  return {
    requests: report.requests,
    seconds: report.durationUs / 1e6,
    bytes: report.bytes,
    p50Ms: report.p50Us / 1e3,
    p99Ms: report.p99Us / 1e3,
  };
}
