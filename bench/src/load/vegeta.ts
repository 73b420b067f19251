import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { runPinned } from '../machine/bench-process.js';
import type { Target } from '../peers/target.js';
import type { Generator, LoadFigures } from './wrk.js';

export interface ConnectionLoad {
  readonly path: string;
  readonly seconds: number;
  /** Calls under way at the same time. */
  readonly workers: number;
  /** Whether a later handshake resumes the session of an earlier one, as an agent's client would. */
  readonly resume: boolean;
  /** PEM file of who is believed. */
  readonly certificateAuthority: string;
  /** For its files. */
  readonly directory: string;
}

const Report = z.object({
  latencies: z.object({ '50th': z.number(), '99th': z.number() }),
  bytes_in: z.object({ total: z.number() }),
  duration: z.number(),
  wait: z.number(),
  requests: z.number(),
  success: z.number(),
  errors: z.array(z.string()).nullish(),
});

/**
 * Every call on a connection of its own, as each `kubectl` command makes one: wrk cannot say whether it resumes
 * sessions, vegeta does as it is told.
 *
 * @throws Error when a call was refused or broken off
 */
export async function vegeta(
  { program, cores }: Generator,
  target: Target,
  load: ConnectionLoad,
): Promise<LoadFigures> {
  const { path, seconds, workers, resume, certificateAuthority, directory } = load;
  const targets = join(directory, 'vegeta-targets');
  const results = join(directory, 'vegeta-results');
  writeFileSync(targets, `GET ${target.origin}${target.prefix}${path}\n`);
  const args = [
    'attack',
    `-targets=${targets}`,
    `-output=${results}`,
    '-rate=0',
    `-workers=${workers}`,
    `-max-workers=${workers}`,
    `-duration=${seconds}s`,
    '-keepalive=false',
    '-http2=false',
    `-root-certs=${certificateAuthority}`,
    `-session-tickets=${resume}`,
    ...Object.entries(target.headers).map((header) => `-header=${header.join(': ')}`),
  ];
  await runPinned({ command: program, args, cores });
  const reportArgs = ['report', '-type=json', results];
  const output = await runPinned({ command: program, args: reportArgs, cores });
  const report = Report.parse(JSON.parse(output));
  if (report.success < 1) {
    throw new Error(`${target.name} refused ${1 - report.success}: ${report.errors?.join(', ')}`);
  }
  return {
    requests: report.requests,
    seconds: (report.duration + report.wait) / 1e9,
    bytes: report.bytes_in.total,
    p50Ms: report.latencies['50th'] / 1e6,
    p99Ms: report.latencies['99th'] / 1e6,
  };
}
