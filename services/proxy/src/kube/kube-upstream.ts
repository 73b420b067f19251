import type { Readable } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';
import type { ConnectionDocument } from '@drawbridge/contracts';
import {
  clusterAccess,
  type ClusterAccess,
  type CredentialPlaces,
} from '../credentials/cluster-access.js';
import type { Endpoint } from '../credentials/cluster-endpoint.js';
import type { CallIdentity, ClientTls } from '../credentials/credential.js';
import type { UpgradeAnswer, UpstreamRequest as PlainRequest } from '../upstream/upstream.js';
import { undiciUpgrade } from './undici-upgrade.js';

/** As the apiserver's own limit for calls that are not long-running. */
const ANSWER_MS = 60_000;
const CONNECT_MS = 10_000;
/** Shorter than any apiserver keeps an idle connection, so that it is not closed under a new call. */
const IDLE_MS = 20_000;
const MAX_SHORT_CONNECTIONS = 256;

export interface UpstreamRequest {
  readonly method: string;
  /** Canonical path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | null;
  readonly longRunning: boolean;
}

interface Pools {
  readonly endpoint: Endpoint;
  readonly tls: ClientTls | undefined;
  readonly short: Pool;
  readonly long: Pool;
}

/** One cluster, made ready for one call. */
export interface PreparedKubeUpstream {
  send(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void;
  upgrade(request: PlainRequest, signal: AbortSignal): Promise<UpgradeAnswer>;
}

/**
 * One cluster, reached over HTTP/1.1 with the gateway's credential. Calls that may go on for long have sockets
 * of their own, so that they never keep others waiting. Nothing is sent twice and no redirect is followed.
 */
export class KubeUpstream {
  readonly name: string;
  readonly #access: ClusterAccess;
  #pools: Pools | undefined;

  constructor(
    private readonly document: ConnectionDocument,
    places: CredentialPlaces,
  ) {
    this.name = document.metadata.name;
    this.#access = clusterAccess(document, places);
  }

  /**
   * Makes ready to send: reads credential and certificates where they may have changed. Nothing is sent yet.
   *
   * @throws {@link CallRefused} `credential_unavailable`
   */
  async prepare(identity: CallIdentity): Promise<PreparedKubeUpstream> {
    const { endpoint, credential } = this.#access;
    const own = await credential.headers(identity);
    const pools = this.#poolsFor(await endpoint.current(), await credential.tls?.());
    const prefix = pools.endpoint.server.pathname.replace(/\/$/, '');
    return {
      send: ({ method, target, headers, body, longRunning }, handler) => {
        const timeoutMs = longRunning ? 0 : ANSWER_MS;
        const pool = longRunning ? pools.long : pools.short;
        const options = {
          method,
          path: `${prefix}${target}`,
          headers: [...Object.entries(headers).flat(), ...own],
          body,
          idempotent: false,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        };
        pool.dispatch(options, handler);
      },
      upgrade: async (request, signal) => {
        const { headers, upgrade } = upgradeHeaders(request.headers);
        const { method, target } = request;
        const path = `${prefix}${target}`;
        const options = { method, path, headers: [...headers, ...own], upgrade };
        const answer = await undiciUpgrade(pools.long, options, signal);
        if (!answer.switched && answer.statusCode === 401) this.refused(identity);
        return answer;
      },
    };
  }

  /** The cluster answered 401. */
  refused(identity: CallIdentity): void {
    this.#access.credential.refused?.(identity);
  }

  /** What was kept for this grant is not needed any more. */
  grantEnded(grantId: string): void {
    this.#access.credential.grantEnded?.(grantId);
  }

  /** Ends all sockets at once, with whatever is still under way on them. */
  async destroy(): Promise<void> {
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([this.#access.close(), pools?.short.destroy(), pools?.long.destroy()]);
  }

  #poolsFor(endpoint: Endpoint, tls: ClientTls | undefined): Pools {
    const before = this.#pools;
    if (before?.endpoint === endpoint && before.tls === tls) return before;
    const { certificateAuthority: ca } = endpoint;
    const { tlsServerName: servername } = this.document.spec;
    const connect = {
      ...(ca !== undefined && { ca }),
      ...(tls !== undefined && { cert: tls.cert, key: tls.key }),
      ...(servername !== undefined && { servername }),
      timeout: CONNECT_MS,
      allowH2: false as const,
    };
    const open = (connections: number | null) =>
      new Pool(endpoint.server.origin, {
        connections,
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: IDLE_MS,
        keepAliveMaxTimeout: IDLE_MS,
        maxHeaderSize: 65_536,
        connect,
      });
    const pools = { endpoint, tls, short: open(MAX_SHORT_CONNECTIONS), long: open(null) };
    this.#pools = pools;
    // What is under way on the old certificates ends by itself; their idle sockets end now.
    void before?.short.close();
    void before?.long.close();
    return pools;
  }
}

function upgradeHeaders(pairs: readonly string[]): { headers: string[]; upgrade: string } {
  const headers: string[] = [];
  let upgrade = '';
  for (let index = 0; index < pairs.length; index += 2) {
    const [name = '', value = ''] = pairs.slice(index, index + 2);
    if (name === 'upgrade') upgrade = value;
    else if (name !== 'connection') headers.push(name, value);
  }
  return { headers, upgrade };
}
