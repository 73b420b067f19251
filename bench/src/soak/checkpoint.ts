import { setTimeout as delay } from 'node:timers/promises';
import type { Census } from './census.js';
import type { SoakWorld } from './soak-world.js';

/** The gateway at one instant at which nobody calls. */
export interface Checkpoint {
  readonly name: string;
  readonly grants: number;
  readonly calls: number;
  readonly seconds: number;
  readonly residentBytes: number;
  readonly census: Census;
  readonly files: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  /** Roles and bindings that stand in the cluster. */
  readonly bindings: number;
  readonly consumers: number;
}

/** What may still be there when everything has settled. */
export interface Settled {
  readonly bindings: number;
  /** Idle ones are kept for a while. */
  readonly clusterSockets: number;
}

const SETTLE_MS = 45_000;
const POLL_MS = 500;

/** Waits until the gateway has cleared up, as long as that may take, then measures: what is left then is a leak. */
export async function takeCheckpoint(
  world: SoakWorld,
  { name, settled, startedAt }: { name: string; settled: Settled; startedAt: number },
): Promise<Checkpoint> {
  const { gateway, cluster, bus, tally } = world;
  const deadline = performance.now() + SETTLE_MS;
  while (performance.now() < deadline && !(await hasSettled(world, settled))) await delay(POLL_MS);
  // First, because the census takes seconds in which idle connections end.
  const files = gateway.openFiles();
  const census = await gateway.census();
  const residentBytes = gateway.residentBytes;
  const bindings = await cluster.admin.madeByGateways();
  return {
    name,
    grants: tally.ended,
    calls: tally.calls,
    seconds: Math.round((performance.now() - startedAt) / 1_000),
    residentBytes,
    census,
    files,
    figures: await gateway.figures(),
    bindings: bindings.length,
    consumers: await bus.consumers(),
  };
}

async function hasSettled(world: SoakWorld, settled: Settled): Promise<boolean> {
  const files = world.gateway.openFiles();
  if ((files['cluster established'] ?? 0) > settled.clusterSockets) return false;
  return (await world.cluster.admin.madeByGateways()).length <= settled.bindings;
}
