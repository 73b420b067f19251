import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BenchIssuer } from '../drawbridge/bench-issuer.js';
import type { Voice } from '../run-bench.js';
import { AgentTokens } from './agent-tokens.js';
import { takeCheckpoint, type Checkpoint, type Settled } from './checkpoint.js';
import { describeCheckpoints, describeVerdicts } from './describe-soak.js';
import { liveGrant } from './grant-life.js';
import { residentCount, Residents } from './residents.js';
import { SoakBus } from './soak-bus.js';
import { SoakCluster } from './soak-cluster.js';
import { SoakGateway } from './soak-gateway.js';
import { parseSoakOptions, usage, type SoakOptions } from './soak-options.js';
import type { SoakWorld } from './soak-world.js';
import { Tally } from './tally.js';
import { emptiness, growth, type Verdict } from './verdicts.js';

/** Share of the grants that warms up. */
const WARM_UP = 0.2;
/** Of each connection with bindings: Role and RoleBinding. */
const OBJECTS_OF_GRANT = 2;

/**
 * `./drawbridge bench soak`
 *
 * @returns exit code: 0 when nothing was left behind
 */
export async function runSoak(args: readonly string[], voice: Voice): Promise<number> {
  const options = parseSoakOptions(args);
  if (options.help) {
    voice.print(usage);
    return 0;
  }
  const directory = mkdtempSync(join(tmpdir(), 'drawbridge-soak-'));
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const world = await startWorld(directory, options, stops);
    const { checkpoints, verdicts } = await soak(world, options, voice);
    voice.print(describeCheckpoints(checkpoints));
    voice.print(describeVerdicts(verdicts));
    if (options.json !== undefined) {
      const results = { options, checkpoints, verdicts, refusals: world.tally.refusals };
      writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
    }
    return verdicts.every(({ holds }) => holds) ? 0 : 1;
  } finally {
    for (const stop of stops.toReversed()) await stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startWorld(
  directory: string,
  { workers, sessionSeconds }: SoakOptions,
  stops: (() => Promise<unknown>)[],
): Promise<SoakWorld> {
  const issuer = new BenchIssuer();
  const bus = await SoakBus.start(directory, issuer);
  stops.push(() => bus.stop());
  const cluster = await SoakCluster.start(directory);
  stops.push(() => cluster.stop());
  cluster.aws.sessionSeconds = sessionSeconds;
  const gateway = await SoakGateway.start({ directory, bus, cluster, workers });
  stops.push(() => gateway.stop());
  return { bus, cluster, gateway, tokens: new AgentTokens(issuer), tally: new Tally() };
}

interface Soaked {
  readonly checkpoints: readonly Checkpoint[];
  readonly verdicts: readonly Verdict[];
}

async function soak(world: SoakWorld, options: SoakOptions, { say }: Voice): Promise<Soaked> {
  const startedAt = performance.now();
  const residents = await Residents.move(world);
  const checkpoints: Checkpoint[] = [];
  const check = async (name: string, settled: Settled) => {
    const point = await takeCheckpoint(world, { name, settled, startedAt });
    checkpoints.push(point);
    say(`${name}: ${point.grants} grants, ${point.calls} calls, ${point.seconds} s`);
    return point;
  };
  const settled = {
    bindings: residentCount * OBJECTS_OF_GRANT,
    clusterSockets: Infinity,
  };
  for (const [segment, { from, to }] of segmentsOf(options).entries()) {
    await liveGrants(world, { from, to, lanes: options.lanes });
    if (to === options.grants) await untilRenewed(residents, options.renewals);
    await residents.pause();
    await check(segment === 0 ? 'warmed up' : `${to} grants`, settled);
    residents.resume();
  }
  const assumed = residents.assumed();
  await residents.leave();
  const last = await check('all grants ended', { bindings: 0, clusterSockets: 0 });
  const [warm] = checkpoints;
  const full = checkpoints.at(-2);
  if (warm === undefined || full === undefined) throw new Error('there are no checkpoints');
  const verdicts = [
    ...growth(warm, full, options),
    ...emptiness(last, options),
    ...(await callVerdicts(world, last)),
    {
      name: `every EKS session that stayed was renewed ${options.renewals} times`,
      holds: assumed > options.renewals,
      found: `${assumed - 1} times at least`,
    },
    await stopVerdict(world),
  ];
  return { checkpoints, verdicts };
}

/** The first warms up, the others are alike. */
function segmentsOf({ grants, checkpoints }: SoakOptions): readonly Omit<Batch, 'lanes'>[] {
  const warm = Math.round(grants * WARM_UP);
  const ends = Array.from({ length: checkpoints }, (_, index) =>
    Math.round(warm + ((grants - warm) * index) / (checkpoints - 1)),
  );
  return ends.map((to, index) => ({ from: ends[index - 1] ?? 0, to }));
}

interface Batch {
  readonly from: number;
  readonly to: number;
  readonly lanes: number;
}

async function liveGrants(world: SoakWorld, { from, to, lanes }: Batch): Promise<void> {
  let next = from;
  const lane = async (_: unknown, number: number) => {
    while (next < to) {
      const index = next;
      next += 1;
      await liveGrant(world, index, number);
    }
  };
  await Promise.all(Array.from({ length: lanes }, () => undefined).map(lane));
}

async function untilRenewed(residents: Residents, renewals: number): Promise<void> {
  while (residents.assumed() <= renewals) await delay(500);
}

async function callVerdicts(
  { bus, tally, tokens }: SoakWorld,
  { figures }: Checkpoint,
): Promise<readonly Verdict[]> {
  const { refusalsUnrecorded = 0 } = figures;
  const problems = tally.compare(await bus.records(), refusalsUnrecorded);
  const { calls, forwarded, faults, credentialFaults, broken, slowestCutMs } = tally;
  return [
    {
      name: 'every command is recorded exactly once',
      holds: problems.length === 0,
      found: `${calls} calls, ${forwarded} forwarded, ${refusalsUnrecorded} refusals only counted, ${broken} broke off; ${problems.slice(0, 5).join('; ')}`,
    },
    {
      name: 'no call failed because of a credential',
      holds: credentialFaults === 0,
      found: `${credentialFaults}; agents renewed ${tokens.renewed} tokens`,
    },
    {
      name: 'every call had the answer that it should have',
      holds: faults.length === 0,
      found: `${faults.length} faults; ${faults.slice(0, 5).join('; ')}; the slowest cut took ${Math.round(slowestCutMs)} ms`,
    },
  ];
}

async function stopVerdict({ gateway }: SoakWorld): Promise<Verdict> {
  const code = await gateway.stop();
  const lines = gateway.log.filter((line) => !line.includes('credential not renewed'));
  const errors = lines.filter((line) => line.includes('"level":"error"'));
  return {
    name: 'the gateway stops by itself, without an error in its log',
    holds: code === 0 && errors.length === 0,
    found: `exit code ${code}; ${lines.length} lines; ${[...errors, ...lines].slice(0, 5).join('; ')}`,
  };
}
