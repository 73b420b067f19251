import { isDeepStrictEqual } from 'node:util';
import type { ConnectionDocument } from '@drawbridge/contracts';
import { asReached } from '../connector/as-reached.js';
import type { CallIdentity } from '../credentials/credential.js';
import type { OpenGrant } from '../domain/open-grants.js';
import { BoundConnection, type BoundConnectionOptions } from './bound-connection.js';
import { Impersonation } from './impersonation.js';

export type IdentityModesOptions = BoundConnectionOptions;

/** A connection whose calls are not the gateway's own. */
interface Known {
  readonly document: ConnectionDocument;
  readonly impersonation: Impersonation;
  readonly bound: BoundConnection | undefined;
}

/** As whom the calls of each connection reach its cluster, and what the cluster must hold for that. */
export class IdentityModes {
  #known: ReadonlyMap<string, Known> = new Map();

  constructor(private readonly options: IdentityModesOptions) {}

  /** Takes a new configuration into use. Connections that are gone, or bind no more, leave nothing behind. */
  replace(documents: readonly ConnectionDocument[]): void {
    const before = this.#known;
    this.#known = new Map(
      documents.flatMap((document) => {
        const { name } = document.metadata;
        const known = this.#take(document, before.get(name));
        return known === undefined ? [] : [[name, known] as const];
      }),
    );
    for (const [name, { bound }] of before) {
      const now = this.#known.get(name)?.bound;
      if (bound === undefined || bound === now) continue;
      void (now === undefined ? bound.leave() : bound.close());
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
    known.impersonation.check(identity);
    return known.bound?.bindings.ensure(grant);
  }

  /** Stops. Bindings of open grants stay: other proxies use them, and the next start sweeps what is over by then. */
  async close(): Promise<void> {
    const all = [...this.#known.values()].flatMap(({ bound }) => bound ?? []);
    this.#known = new Map();
    await Promise.all(all.map((bound) => bound.stop()));
  }

  #take(document: ConnectionDocument, before: Known | undefined): Known | undefined {
    const { identity } = document.spec;
    if (identity?.mode !== 'impersonate') return undefined;
    if (
      before !== undefined &&
      isDeepStrictEqual(asReached(before.document), asReached(document))
    ) {
      return before;
    }
    const bound = identity.ephemeralRbac ? new BoundConnection(document, this.options) : undefined;
    if (before?.bound !== undefined) bound?.bindings.adopt(before.bound.bindings);
    return { document, impersonation: new Impersonation(identity), bound };
  }
}
