import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPinned } from '../machine/bench-process.js';
import type { Target } from '../peers/target.js';
import { quantile } from '../report/statistics.js';
import type { Generator, LoadFigures } from './wrk.js';

export interface Http2Load {
  readonly path: string;
  readonly connections: number;
  /** Streams under way on each connection. */
  readonly streams: number;
  readonly seconds: number;
  /** For its log. */
  readonly directory: string;
}

/**
 * HTTP/2, closed loop.
 *
 * @throws Error when a call was refused or broken off
 */
export async function h2load(
  { program, cores }: Generator,
  target: Target,
  load: Http2Load,
): Promise<LoadFigures> {
  const { path, connections, streams, seconds, directory } = load;
  const log = join(directory, `h2load-${process.hrtime.bigint()}.log`);
  const args = [
    '--threads=1',
    `--clients=${connections}`,
    `--max-concurrent-streams=${streams}`,
    `--duration=${seconds}`,
    `--log-file=${log}`,
    ...Object.entries(target.headers).flatMap((header) => ['--header', header.join(': ')]),
    `${target.origin}${target.prefix}${path}`,
  ];
  const output = await runPinned({ command: program, args, cores });
  return figures(output, readFileSync(log, 'utf8'), { target, seconds });
}

/** A line of the log: start in microseconds, status, microseconds until the answer was there. */
function figures(
  output: string,
  log: string,
  { target, seconds }: { readonly target: Target; readonly seconds: number },
): LoadFigures {
  const lines = log.split('\n').filter((line) => line !== '');
  const calls = lines.map((line) => line.split('\t').map(Number));
  const refused = calls.filter(([, status]) => status !== 200).length;
  if (refused > 0 || calls.length === 0 || !/Application protocol: h2/.test(output)) {
    throw new Error(`${target.name} refused ${refused} of ${calls.length}: ${output}`);
  }
  const latencies = calls.map(([, , us = 0]) => us).sort((a, b) => a - b);
  return {
    requests: calls.length,
    seconds,
    bytes: Number(/traffic: .*\((\d+)\) total/.exec(output)?.[1] ?? 0),
    p50Ms: quantile(latencies, 0.5) / 1e3,
    p99Ms: quantile(latencies, 0.99) / 1e3,
  };
}
