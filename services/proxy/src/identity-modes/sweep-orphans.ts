import type { LoggerService } from '@nestjs/common';
import {
  labelKeys,
  ownedBy,
  type BoundKind,
  type BoundOwner,
  type StoredObject,
} from './bound-object.js';
import type { ClusterRbac } from './cluster-rbac.js';
import type { GrantBindings } from './grant-bindings.js';
import { pause } from './pause.js';

const EVERY_MS = 60_000;
const RETRY_MS = 5_000;
/** More than the two seconds by which `isCurrent` may be late. */
const SETTLE_MS = 5_000;
/** Bindings first: without them the roles give nobody anything. */
const kinds = [
  'RoleBinding',
  'ClusterRoleBinding',
  'Role',
  'ClusterRole',
] as const satisfies BoundKind[];

/** What names a grant on the objects that were made for it. */
export interface GrantReference {
  readonly grantId: string;
  readonly accessRequestId: string;
}

export interface SweepOptions {
  readonly owner: BoundOwner;
  readonly rbac: () => Promise<ClusterRbac>;
  readonly bindings: Pick<GrantBindings, 'compare'>;
  readonly isOpen: (grant: GrantReference) => boolean;
  /** Whether all grants are known, within about two seconds. */
  readonly isCurrent: () => boolean;
  readonly logger: LoggerService;
  /** @default 60000 */
  readonly everyMs?: number;
  /** @default 5000 */
  readonly settleMs?: number;
}

/**
 * Removes what belongs to no open grant: at the start, then about once a minute.
 *
 * What another proxy makes for a grant that this one has not heard of yet must stay. So first the cluster is
 * asked what is there, then a time passes in which this proxy learns of every grant that was open by then, and
 * only if it is current after that, what is still of no open grant is removed. No clock of another machine and
 * no memory of ended grants is needed for that: a grant that is over never opens again.
 *
 * @returns the function that stops it
 */
export function startOrphanSweep(options: SweepOptions): () => void {
  const stopping = new AbortController();
  void run(options, stopping.signal);
  return () => stopping.abort();
}

async function run(options: SweepOptions, signal: AbortSignal): Promise<void> {
  const { everyMs = EVERY_MS, logger, owner } = options;
  while (!signal.aborted) {
    const done = await sweepOnce(options, signal).catch((error: unknown) => {
      const { connection } = owner;
      logger.warn({ msg: 'bindings not swept', connection, err: error });
      return false;
    });
    const pauseMs = done ? everyMs * (0.75 + Math.random() / 2) : Math.min(RETRY_MS, everyMs);
    await pause(pauseMs, signal);
  }
}

/** @returns false when not all grants are known, so that nothing could be said */
export async function sweepOnce(options: SweepOptions, signal: AbortSignal): Promise<boolean> {
  const { isCurrent, settleMs = SETTLE_MS } = options;
  if (!isCurrent()) return false;
  const rbac = await options.rbac();
  const listedAtMs = performance.now();
  const stored = await listAll(rbac, options.owner);
  options.bindings.compare(stored, listedAtMs);
  if (stored.every((object) => options.isOpen(grantOf(object)))) return true;
  await pause(settleMs, signal);
  if (signal.aborted || !isCurrent()) return false;
  const orphans = stored.filter((object) => !options.isOpen(grantOf(object)));
  for (const orphan of orphans) await rbac.remove(orphan);
  const { connection } = options.owner;
  if (orphans.length > 0) {
    options.logger.log({ msg: 'orphaned bindings removed', connection, count: orphans.length });
  }
  return true;
}

async function listAll(rbac: ClusterRbac, owner: BoundOwner): Promise<readonly StoredObject[]> {
  const all: StoredObject[] = [];
  for (const kind of kinds) all.push(...(await rbac.list(kind, ownedBy(owner))));
  return all;
}

const grantOf = ({ labels }: StoredObject): GrantReference => ({
  grantId: labels[labelKeys.grant] ?? '',
  accessRequestId: labels[labelKeys.accessRequest] ?? '',
});
