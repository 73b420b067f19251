import { isDeepStrictEqual } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import type { ConnectionDocument } from '@drawbridge/contracts';
import type { CallIdentity } from '../credentials/credential.js';
import type { OpenGrant } from '../domain/open-grants.js';
import type { Upstream } from '../upstream/upstream.js';
import type { ClusterRbac } from './cluster-rbac.js';
import { GrantBindings } from './grant-bindings.js';
import { Impersonation } from './impersonation.js';
import { startOrphanSweep, type GrantReference } from './sweep-orphans.js';

/** How soon after its end a grant's bindings begin to go. */
const ENDED_MS = 500;
/** How long the bindings of a connection that is no more may take to go. */
const FAREWELL_MS = 20_000;

export interface IdentityModesOptions {
  /** Tells the objects of this installation from those of others on the same cluster. */
  readonly instance: string;
  /** Whether a grant is open, as far as events tell. */
  readonly isOpen: (grant: GrantReference) => boolean;
  /** Whether all grants are known, within about two seconds. */
  readonly isCurrent: () => boolean;
  /** The cluster as the gateway itself: nothing of an agent on its requests. */
  readonly openUpstream: (document: ConnectionDocument) => Upstream;
  readonly logger: LoggerService;
  /** Of the orphan sweep. @default 60000 */
  readonly sweepEveryMs?: number;
}

interface Known {
  readonly document: ConnectionDocument;
  readonly impersonation: Impersonation;
  readonly rbac: Bound | undefined;
}

interface Bound {
  readonly bindings: GrantBindings;
  readonly upstream: Upstream;
  stop(): void;
}

/** As whom the calls of each connection reach its cluster, and what the cluster must hold for that. */
export class IdentityModes {
  #known: ReadonlyMap<string, Known> = new Map();

  constructor(private readonly options: IdentityModesOptions) {}

  /** Takes a new configuration into use. Connections that are gone, or no longer bind, leave nothing behind. */
  replace(documents: readonly ConnectionDocument[]): void {
    const before = this.#known;
    const known = new Map<string, Known>();
    for (const document of documents) {
      const { name } = document.metadata;
      const old = before.get(name);
      const same = old !== undefined && isDeepStrictEqual(old.document.spec, document.spec);
      const now = same ? old : this.#open(document);
      if (now !== undefined) known.set(name, now);
      if (!same && old?.rbac !== undefined && now?.rbac !== undefined) {
        now.rbac.bindings.adopt(old.rbac.bindings);
      }
    }
    this.#known = known;
    for (const [name, { rbac }] of before) {
      const now = known.get(name)?.rbac;
      if (rbac !== undefined && now !== rbac) void leave(rbac, now === undefined);
    }
  }

  /**
   * Makes sure that a call of `connection` can be told apart in the cluster, and that the cluster holds what
   * its grant allows. `undefined` when it is so already, which is the rule.
   *
   * @throws {@link CallRefused} `identity_refused`, `binding_unavailable`; at once or by the promise
   */
  assume(connection: string, grant: OpenGrant, identity: CallIdentity): Promise<void> | undefined {
    const known = this.#known.get(connection);
    if (known === undefined) return undefined;
    known.impersonation.headers(identity);
    return known.rbac?.bindings.ensure(grant);
  }

  /** Stops. Bindings of open grants stay: other proxies use them, and the next start sweeps. */
  async close(): Promise<void> {
    const all = [...this.#known.values()].flatMap(({ rbac }) => rbac ?? []);
    this.#known = new Map();
    for (const { stop } of all) stop();
    await Promise.all(all.map(({ upstream }) => upstream.destroy()));
  }

  #open(document: ConnectionDocument): Known | undefined {
    const { identity } = document.spec;
    if (identity?.mode !== 'impersonate') return undefined;
    const rbac = identity.ephemeralRbac ? this.#bind(document) : undefined;
    return { document, impersonation: new Impersonation(identity), rbac };
  }

  #bind(document: ConnectionDocument): Bound {
    const { instance, isOpen, isCurrent, logger, openUpstream, sweepEveryMs } = this.options;
    const upstream = openUpstream(document);
    const rbac = once(async (): Promise<ClusterRbac> => {
      const { ClientNodeRbac } = await import('./client-node-rbac.js');
      return new ClientNodeRbac(upstream);
    });
    const owner = { instance, connection: document.metadata.name };
    const bindings = new GrantBindings({ owner, rbac, isOpen, logger });
    const every = sweepEveryMs === undefined ? {} : { everyMs: sweepEveryMs };
    const stopSweep = startOrphanSweep({
      ...{ owner, rbac, bindings, isOpen, isCurrent, logger },
      ...every,
    });
    const timer = setInterval(() => bindings.removeEnded(), ENDED_MS).unref();
    const stop = () => {
      clearInterval(timer);
      stopSweep();
      bindings.close();
    };
    return { bindings, upstream, stop };
  }
}

/** Ends the work of a connection that was replaced, or is no more: then with all that it has made. */
async function leave({ bindings, upstream, stop }: Bound, removes: boolean): Promise<void> {
  if (removes) {
    const end = setTimeout(stop, FAREWELL_MS).unref();
    await bindings.removeAll();
    clearTimeout(end);
  }
  stop();
  await upstream.destroy();
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}
