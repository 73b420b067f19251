import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wrk } from '../load/wrk.js';
import type { BenchSession } from '../session.js';
import { paths } from '../upstream/objects.js';
import { measureLoad } from '../rows/measure-load.js';
import { CpuProfile, foldProfile, type FoldedProfile } from './fold-profile.js';

const LOAD = { path: paths.pod, connections: 64 };
const WARM_UP_SECONDS = 5;
const SAMPLE_EVERY_US = 250;

export interface CallProfile extends FoldedProfile {
  /** What a call cost while it was profiled, which itself costs something. */
  readonly cpuUsPerCall: number;
}

/** Where the time of a small get goes inside Drawbridge, when it has run for a while. */
export async function profileSmallGet(session: BenchSession): Promise<CallProfile> {
  const directory = join(session.directory, 'profile');
  mkdirSync(directory, { recursive: true });
  const profiled = await session.startDrawbridge('drawbridge-profiled', {
    nodeArguments: [
      '--cpu-prof',
      `--cpu-prof-dir=${directory}`,
      `--cpu-prof-interval=${SAMPLE_EVERY_US}`,
    ],
  });
  const generator = session.generator('wrk');
  await wrk(generator, profiled.target, { ...LOAD, seconds: WARM_UP_SECONDS });
  const fromUs = monotonicUs();
  const { cpuUsPerCall = 0 } = await measureLoad(profiled.target, () =>
    wrk(generator, profiled.target, { ...LOAD, seconds: session.options.seconds }),
  );
  const toUs = monotonicUs();
  await profiled.stop();
  const text = readProfile(directory);
  const { cpuProfile } = session.options;
  if (cpuProfile !== undefined) writeFileSync(cpuProfile, text);
  return { ...foldProfile(CpuProfile.parse(JSON.parse(text)), { fromUs, toUs }), cpuUsPerCall };
}

/** The main thread's: the largest file. */
function readProfile(directory: string): string {
  const files = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'));
  const texts = files.map((name) => readFileSync(join(directory, name), 'utf8'));
  const [largest = '{}'] = texts.sort((one, other) => other.length - one.length);
  return largest;
}

/** V8 stamps its samples with the same clock. */
const monotonicUs = (): number => Number(process.hrtime.bigint() / 1_000n);
