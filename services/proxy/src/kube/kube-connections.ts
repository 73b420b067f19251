import { isDeepStrictEqual } from 'node:util';
import type { ConnectionDocument } from '@drawbridge/contracts';
import type { CredentialPlaces } from '../credentials/cluster-access.js';
import { asGateway } from '../identity-modes/impersonating-credential.js';
import type { Upstream } from '../upstream/upstream.js';
import { KubeUpstream } from './kube-upstream.js';
import { seamUpstream } from './seam-upstream.js';

/** Time for the calls of a replaced connection to be told why they end. */
const REPLACED_MS = 1_000;

interface Known {
  readonly document: ConnectionDocument;
  readonly upstream: KubeUpstream;
}

/** The clusters that the configuration names, and nothing else: no address ever comes from a caller. */
export class KubeConnections {
  #known: ReadonlyMap<string, Known> = new Map();

  constructor(private readonly places: CredentialPlaces) {}

  get(name: string): KubeUpstream | undefined {
    return this.#known.get(name)?.upstream;
  }

  /**
   * Takes a new configuration into use. Unchanged connections keep their sockets.
   *
   * @param onReplaced - told of every connection that is gone or different: its calls must end now
   */
  replace(documents: readonly ConnectionDocument[], onReplaced: (name: string) => void): void {
    const before = this.#known;
    this.#known = new Map(
      documents.map((document) => {
        const known = before.get(document.metadata.name);
        const same = known !== undefined && isDeepStrictEqual(known.document.spec, document.spec);
        const upstream = same ? known.upstream : new KubeUpstream(document, this.places);
        return [document.metadata.name, { document, upstream }];
      }),
    );
    for (const [name, { upstream }] of before) {
      if (this.get(name) === upstream) continue;
      onReplaced(name);
      setTimeout(() => void upstream.destroy(), REPLACED_MS).unref();
    }
  }

  /** The cluster of a connection for what the gateway does there for itself. Whoever opens it destroys it. */
  openAsGateway(document: ConnectionDocument): Pick<Upstream, 'prepare' | 'destroy'> {
    return seamUpstream(new KubeUpstream(asGateway(document), this.places));
  }

  /** Nothing that was kept for this grant is needed any more. */
  grantEnded(grantId: string): void {
    for (const { upstream } of this.#known.values()) upstream.grantEnded(grantId);
  }

  async close(): Promise<void> {
    const all = [...this.#known.values()];
    this.#known = new Map();
    await Promise.all(all.map(({ upstream }) => upstream.destroy()));
  }
}
