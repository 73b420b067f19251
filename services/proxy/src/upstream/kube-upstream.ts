import type { ConnectionDocument } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import type { OwnCallKeys } from '@drawbridge/runtime';
import type { ClusterAccess } from '../credentials/cluster-access.js';
import type { Endpoint } from '../credentials/cluster-endpoint.js';
import type { CallIdentity, ClientTls, CredentialHeaders } from '../credentials/credential.js';
import { CircuitBreaker, type Suspension } from './circuit-breaker.js';
import { ClusterLink } from './cluster-link.js';
import { PreparedCall, type NameOwnCall } from './prepared-call.js';
import type { Dial, PreparedUpstream, Upstream, UpstreamHealth } from './upstream.js';
import { suspended } from './upstream-failure.js';

export interface KubeUpstreamOptions {
  readonly document: ConnectionDocument;
  readonly access: ClusterAccess;
  readonly clock: Clock;
  /** By which calls that are no commands can be told from those that are not ours. @default they have no id */
  readonly ownCalls?: OwnCallKeys | undefined;
  /** Told when its calls are refused from now on, and when they no longer are. */
  readonly onChange?: (suspension: Suspension | undefined) => void;
  /** Opens the byte stream to the API server. @default TCP to the configured address */
  readonly connectTo?: Dial;
}

type Awaitable<Value> = Value | Promise<Value>;

interface AccessParts {
  readonly headers: Awaitable<CredentialHeaders>;
  readonly where: Awaitable<Endpoint>;
  readonly tls: Awaitable<ClientTls | undefined>;
}

/** One cluster, reached with the gateway's credential. */
export class KubeUpstream implements Upstream {
  readonly name: string;
  readonly #access: ClusterAccess;
  readonly #breaker: CircuitBreaker;
  readonly #serverName: string | undefined;
  readonly #connectTo: Dial | undefined;
  readonly #nameOwnCall: NameOwnCall | undefined;
  #link: ClusterLink | undefined;

  constructor(options: KubeUpstreamOptions) {
    const { document, access, clock, onChange, connectTo, ownCalls } = options;
    this.name = document.metadata.name;
    this.#access = access;
    this.#serverName = document.spec.tlsServerName;
    this.#connectTo = connectTo;
    this.#nameOwnCall =
      ownCalls &&
      (({ method, target }) => ownCalls.idFor({ connection: this.name, method, target }, clock()));
    this.#breaker = new CircuitBreaker({ clock, ...(onChange !== undefined && { onChange }) });
  }

  prepare(identity: CallIdentity): PreparedUpstream | Promise<PreparedUpstream> {
    const suspension = this.#breaker.suspension();
    if (suspension !== undefined) throw suspended(this.name, suspension);
    const { credential, endpoint } = this.#access;
    const headers = credential.headers(identity);
    const where = endpoint.current();
    const tls = credential.tls?.();
    if (headers instanceof Promise || where instanceof Promise || tls instanceof Promise) {
      return this.#prepareLater(identity, { headers, where, tls });
    }
    return this.#prepared(identity, headers, this.#linkTo(where, tls));
  }

  grantEnded(grantId: string): void {
    this.#access.credential.grantEnded?.(grantId);
  }

  /** New connections from now on; what is under way ends by itself. */
  renew(): void {
    this.#link?.retire();
    this.#link = undefined;
  }

  health(): UpstreamHealth {
    const { sockets = 0, idle = 0, waiting = 0, shared = 0 } = this.#link ?? {};
    return { state: this.#breaker.state, sockets, idle, waiting, shared };
  }

  async destroy(): Promise<void> {
    this.#link?.destroy();
    await this.#access.close();
  }

  async #prepareLater(
    identity: CallIdentity,
    { headers, where, tls }: AccessParts,
  ): Promise<PreparedUpstream> {
    const [own, endpoint, certificate] = await Promise.all([
      Promise.resolve(headers),
      Promise.resolve(where),
      Promise.resolve(tls),
    ]);
    return this.#prepared(identity, own, this.#linkTo(endpoint, certificate));
  }

  #prepared(identity: CallIdentity, headers: CredentialHeaders, link: ClusterLink): PreparedCall {
    const { credential } = this.#access;
    return new PreparedCall({
      link,
      identity,
      headers,
      credential,
      nameOwnCall: this.#nameOwnCall,
    });
  }

  /** Connections are made with one endpoint and one certificate: with others they are others. */
  #linkTo(endpoint: Endpoint, tls: ClientTls | undefined): ClusterLink {
    const before = this.#link;
    if (before?.endpoint === endpoint && before.tls === tls) return before;
    this.#link = new ClusterLink({
      connection: this.name,
      endpoint,
      tls,
      serverName: this.#serverName,
      connectTo: this.#connectTo,
      breaker: this.#breaker,
    });
    // What is under way on the old certificates ends by itself; their idle connections end now.
    before?.retire();
    return this.#link;
  }
}
