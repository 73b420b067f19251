import type { LoggerService } from '@nestjs/common';
import type { ConnectionDocument } from '@drawbridge/contracts';
import type { Upstream } from '../upstream/upstream.js';
import type { ClusterRbac } from './cluster-rbac.js';
import { GrantBindings } from './grant-bindings.js';
import { startOrphanSweep, type GrantReference } from './sweep-orphans.js';

/** How soon after its end a grant's bindings begin to go. */
const ENDED_MS = 500;
/** How long the bindings of a connection that is no more may take to go. */
const FAREWELL_MS = 20_000;

/** How long a stop waits for the bindings of grants that are over: what is then left is for another proxy's sweep. */
const STOP_MS = 3_000;

/** What is needed of an upstream here. */
type OwnUpstream = Pick<Upstream, 'prepare' | 'destroy'>;

export interface BoundConnectionOptions {
  /** Tells the objects of this installation from those of others on the same cluster. */
  readonly instance: string;
  /** Whether a grant is open, as far as events tell. */
  readonly isOpen: (grant: GrantReference) => boolean;
  /** Whether all grants are known, within about two seconds. */
  readonly isCurrent: () => boolean;
  /** The cluster as the gateway itself: nothing of an agent on its requests. */
  readonly openUpstream: (document: ConnectionDocument) => OwnUpstream;
  readonly logger: LoggerService;
  /** Of the orphan sweep. @default 60000 */
  readonly sweepEveryMs?: number;
}

/** A connection whose cluster enforces grants: the bindings, what sweeps them, and the way to the cluster. */
export class BoundConnection {
  readonly bindings: GrantBindings;
  readonly #upstream: OwnUpstream;
  readonly #stopSweep: () => void;
  readonly #timer: NodeJS.Timeout;

  constructor(document: ConnectionDocument, options: BoundConnectionOptions) {
    const { instance, isOpen, isCurrent, logger, sweepEveryMs } = options;
    this.#upstream = options.openUpstream(document);
    const rbac = clusterRbac(this.#upstream);
    const shared = {
      owner: { instance, connection: document.metadata.name },
      rbac,
      isOpen,
      logger,
    };
    const bindings = new GrantBindings(shared);
    const everyMs = sweepEveryMs === undefined ? {} : { everyMs: sweepEveryMs };
    this.bindings = bindings;
    this.#stopSweep = startOrphanSweep({ ...shared, bindings, isCurrent, ...everyMs });
    this.#timer = setInterval(() => bindings.removeEnded(), ENDED_MS).unref();
  }

  /** Removes all that was made, then closes. */
  async leave(): Promise<void> {
    const end = setTimeout(() => this.bindings.close(), FAREWELL_MS).unref();
    await this.bindings.removeAll();
    clearTimeout(end);
    await this.close();
  }

  /**
   * Removes what belongs to grants that are over, then closes. What belongs to open ones stays: other proxies use it,
   * and how many of them there are nobody has to know.
   */
  async stop(): Promise<void> {
    const end = setTimeout(() => this.bindings.close(), STOP_MS).unref();
    this.bindings.removeEnded();
    await this.bindings.removed();
    clearTimeout(end);
    await this.close();
  }

  /** Stops; what was made stays. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopSweep();
    this.bindings.close();
    await this.#upstream.destroy();
  }
}

/** Loaded when it is first needed, and once. */
function clusterRbac(upstream: OwnUpstream): () => Promise<ClusterRbac> {
  let made: Promise<ClusterRbac> | undefined;
  const make = async () => {
    const { ClientNodeRbac } = await import('./client-node-rbac.js');
    return new ClientNodeRbac(upstream);
  };
  return () => (made ??= make());
}
