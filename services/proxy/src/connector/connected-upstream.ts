import type { CallIdentity } from '../credentials/credential.js';
import type { KubeUpstream } from '../upstream/kube-upstream.js';
import type { PreparedUpstream, Upstream, UpstreamHealth } from '../upstream/upstream.js';
import type { ConnectorRegistry } from './connector-registry.js';

/** A cluster that is reached through connectors: a call waits a little for one when none is there. */
export class ConnectedUpstream implements Upstream {
  readonly name: string;
  readonly #upstream: KubeUpstream;
  readonly #registry: Pick<ConnectorRegistry, 'ready' | 'onDraining'>;
  readonly #forget: () => void;

  constructor(upstream: KubeUpstream, registry: Pick<ConnectorRegistry, 'ready' | 'onDraining'>) {
    this.name = upstream.name;
    this.#upstream = upstream;
    this.#registry = registry;
    // Kept connections through a connector that stops would be taken for new calls until it is gone.
    this.#forget = registry.onDraining(upstream.name, () => upstream.renew());
  }

  prepare(identity: CallIdentity): PreparedUpstream | Promise<PreparedUpstream> {
    const coming = this.#registry.ready(this.name);
    if (coming === undefined) return this.#upstream.prepare(identity);
    return coming.then(() => this.#upstream.prepare(identity));
  }

  grantEnded(grantId: string): void {
    this.#upstream.grantEnded(grantId);
  }

  health(): UpstreamHealth {
    return this.#upstream.health();
  }

  async destroy(): Promise<void> {
    this.#forget();
    await this.#upstream.destroy();
  }
}
