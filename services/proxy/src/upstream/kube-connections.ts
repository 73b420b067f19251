import { isDeepStrictEqual } from 'node:util';
import type { ConnectionDocument } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import type { OwnCallKeys } from '@drawbridge/runtime';
import { asReached } from '../connector/as-reached.js';
import { ConnectedUpstream } from '../connector/connected-upstream.js';
import type { ConnectorRegistry } from '../connector/connector-registry.js';
import { clusterAccess, type CredentialPlaces } from '../credentials/cluster-access.js';
import { asGateway } from '../identity-modes/impersonating-credential.js';
import type { Suspension } from './circuit-breaker.js';
import { KubeUpstream } from './kube-upstream.js';
import type { Upstream, UpstreamHealth } from './upstream.js';

/** Time for the calls of a replaced connection to be told why they end. */
const REPLACED_MS = 1_000;

interface Known {
  readonly document: ConnectionDocument;
  readonly upstream: Upstream;
}

export interface KubeConnectionsOptions {
  readonly places: CredentialPlaces;
  /** By which clusters are reached to which there is no direct way. */
  readonly connectors: ConnectorRegistry;
  /** @default the system's */
  readonly clock?: Clock;
  readonly ownCalls?: OwnCallKeys | undefined;
}

/** The clusters that the configuration names, and nothing else: no address ever comes from a caller. */
export class KubeConnections {
  #known: ReadonlyMap<string, Known> = new Map();

  constructor(private readonly options: KubeConnectionsOptions) {}

  get(name: string): Upstream | undefined {
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
        const same =
          known !== undefined && isDeepStrictEqual(asReached(known.document), asReached(document));
        const upstream = same ? known.upstream : this.#open(document);
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
    return this.#open(asGateway(document));
  }

  /** Nothing that was kept for this grant is needed any more. */
  grantEnded(grantId: string): void {
    for (const { upstream } of this.#known.values()) upstream.grantEnded(grantId);
  }

  /** How each cluster is doing. */
  health(): ReadonlyMap<string, UpstreamHealth> {
    return new Map([...this.#known].map(([name, { upstream }]) => [name, upstream.health()]));
  }

  /** The same in figures; a cluster whose calls are refused stands in them under the name of its connection. */
  figures(): Readonly<Record<string, number>> {
    const sums = {
      ...{ upstreamSockets: 0, upstreamIdle: 0, upstreamWaiting: 0, upstreamShared: 0 },
      upstreamSuspended: 0,
    };
    const suspended: Record<string, number> = {};
    for (const [name, { state, sockets, idle, waiting, shared }] of this.health()) {
      sums.upstreamSockets += sockets;
      sums.upstreamIdle += idle;
      sums.upstreamWaiting += waiting;
      sums.upstreamShared += shared;
      if (state === 'working') continue;
      sums.upstreamSuspended += 1;
      suspended[`upstreamSuspended.${name}`] = 1;
    }
    return { ...sums, ...suspended };
  }

  async close(): Promise<void> {
    const all = [...this.#known.values()];
    this.#known = new Map();
    await Promise.all(all.map(({ upstream }) => upstream.destroy()));
  }

  #open(document: ConnectionDocument): Upstream {
    const { places, connectors, clock = () => new Date(), ownCalls } = this.options;
    const connection = document.metadata.name;
    const onChange = (suspension: Suspension | undefined) => {
      if (suspension === undefined) places.logger.log({ msg: 'cluster answers again', connection });
      else places.logger.warn({ msg: 'cluster suspended', connection, ...suspension });
    };
    const options = {
      document,
      access: clusterAccess(document, places),
      clock,
      onChange,
      ownCalls,
    };
    if (document.spec.connector === undefined) return new KubeUpstream(options);
    const connectTo = connectors.dial(connection);
    return new ConnectedUpstream(new KubeUpstream({ ...options, connectTo }), connectors);
  }
}
