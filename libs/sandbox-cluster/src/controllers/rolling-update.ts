/** A ReplicaSet as a rollout sees it. */
export interface ReplicaCounts {
  readonly name: string;
  /** How many pods it is asked for. */
  readonly replicas: number;
  readonly available: number;
}

/** What a rollout has to respect. */
export interface RolloutLimits {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** New replica counts by ReplicaSet name; only those that change. */
export type ScalePlan = ReadonlyMap<string, number>;

const sum = (sets: readonly ReplicaCounts[], member: 'replicas' | 'available'): number =>
  sets.reduce((total, set) => total + set[member], 0);

/**
 * The next step of a rolling update: grow the new ReplicaSet while there is room for a surge, otherwise
 * shrink the old ones as far as enough pods stay available, pods that are not available first.
 */
export function planRollingUpdate(
  limits: RolloutLimits,
  current: ReplicaCounts,
  old: readonly ReplicaCounts[],
): ScalePlan {
  const grown = newReplicas(limits, current, old);
  if (grown !== current.replicas) return new Map([[current.name, grown]]);
  return shrinkOld(limits, current, old);
}

function newReplicas(
  { replicas, maxSurge }: RolloutLimits,
  current: ReplicaCounts,
  old: readonly ReplicaCounts[],
): number {
  if (current.replicas >= replicas) return replicas;
  const room = replicas + maxSurge - sum([current, ...old], 'replicas');
  return room <= 0
    ? current.replicas
    : current.replicas + Math.min(room, replicas - current.replicas);
}

function shrinkOld(
  { replicas, maxUnavailable }: RolloutLimits,
  current: ReplicaCounts,
  old: readonly ReplicaCounts[],
): ScalePlan {
  const minAvailable = replicas - maxUnavailable;
  const all = [current, ...old];
  const unavailableNew = Math.max(0, current.replicas - current.available);
  let removable = sum(all, 'replicas') - minAvailable - unavailableNew;
  const plan = new Map(old.map((set) => [set.name, set.replicas]));
  const shrink = (set: ReplicaCounts, count: number): void => {
    const left = plan.get(set.name) ?? 0;
    const taken = Math.max(0, Math.min(count, left));
    plan.set(set.name, left - taken);
  };
  if (removable <= 0) return new Map();
  for (const set of old) {
    const unhealthy = Math.min(removable, Math.max(0, set.replicas - set.available));
    shrink(set, unhealthy);
    removable -= unhealthy;
  }
  // A set that was just shrunk still reports its old pods; it cannot have more than it is asked for.
  let spare =
    all.reduce((total, set) => total + Math.min(set.available, set.replicas), 0) - minAvailable;
  for (const set of old) {
    const count = Math.min(spare, plan.get(set.name) ?? 0);
    if (count <= 0) continue;
    shrink(set, count);
    spare -= count;
  }
  return new Map(
    old
      .filter((set) => plan.get(set.name) !== set.replicas)
      .map((set) => [set.name, plan.get(set.name) ?? 0]),
  );
}

/** Reads `maxSurge` and `maxUnavailable`: numbers, or percentages of the replicas. */
export function rolloutLimits(
  replicas: number,
  strategy: { readonly maxSurge: string | number; readonly maxUnavailable: string | number },
): RolloutLimits {
  const maxSurge = amount(strategy.maxSurge, replicas, Math.ceil);
  const maxUnavailable = amount(strategy.maxUnavailable, replicas, Math.floor);
  // With neither room above nor below nothing could ever move.
  const isStuck = maxSurge === 0 && maxUnavailable === 0;
  return { replicas, maxSurge, maxUnavailable: Math.min(replicas, isStuck ? 1 : maxUnavailable) };
}

function amount(
  value: string | number,
  replicas: number,
  round: (value: number) => number,
): number {
  if (typeof value === 'number') return value;
  return round((Number.parseFloat(value) * replicas) / 100);
}
