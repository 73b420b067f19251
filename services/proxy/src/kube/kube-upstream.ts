import type { Readable } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';
import type { ConnectionDocument } from '@drawbridge/contracts';
import { CallRefused } from '../domain/call-refused.js';
import { credentialOf, type Credential, type Environment } from './credential.js';
import type { UpgradeAnswer, UpstreamRequest as PlainRequest } from '../upstream/upstream.js';
import { undiciUpgrade } from './undici-upgrade.js';
import { readTlsMaterial, sameMaterial, type TlsMaterial } from './tls-material.js';

/** As the apiserver's own limit for calls that are not long-running. */
const ANSWER_MS = 60_000;
const CONNECT_MS = 10_000;
/** Shorter than any apiserver keeps an idle connection, so that it is not closed under a new call. */
const IDLE_MS = 20_000;
const MAX_SHORT_CONNECTIONS = 256;
/** How often the certificate files are looked at. */
const FRESH_MS = 5_000;

export interface UpstreamRequest {
  readonly method: string;
  /** Canonical path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | null;
  readonly longRunning: boolean;
}

interface Pools {
  readonly material: TlsMaterial;
  readonly short: Pool;
  readonly long: Pool;
}

/**
 * One cluster, reached over HTTP/1.1 with the gateway's credential. Calls that may go on for long have sockets
 * of their own, so that they never keep others waiting. Nothing is sent twice and no redirect is followed.
 */
export class KubeUpstream {
  readonly name: string;
  readonly #server: URL;
  readonly #credential: Credential;
  #pools: Pools | undefined;
  #checkedAtMs = -Infinity;
  #opening: Promise<Pools> | undefined;

  constructor(
    private readonly document: ConnectionDocument,
    environment: Environment,
  ) {
    this.name = document.metadata.name;
    this.#server = new URL(document.spec.server ?? 'https://server.invalid');
    this.#credential = credentialOf(document.spec.credential, this.name, environment);
  }

  /**
   * Makes ready to send: reads credential and certificates where they may have changed. Nothing is sent yet.
   *
   * @throws {@link CallRefused} `credential_unavailable`
   */
  async prepare(): Promise<
    (request: UpstreamRequest, handler: Dispatcher.DispatchHandler) => void
  > {
    const credential = await this.#credential.headers();
    const pools = await this.#currentPools();
    const prefix = this.#server.pathname.replace(/\/$/, '');
    return ({ method, target, headers, body, longRunning }, handler) => {
      const timeoutMs = longRunning ? 0 : ANSWER_MS;
      const pool = longRunning ? pools.long : pools.short;
      const options = {
        method,
        path: `${prefix}${target}`,
        headers: { ...headers, ...credential },
        body,
        idempotent: false,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      };
      pool.dispatch(options, handler);
    };
  }

  /** @see `PreparedUpstream.upgrade`, which takes its place */
  async upgrade(request: PlainRequest, signal: AbortSignal): Promise<UpgradeAnswer> {
    const credential = await this.#credential.headers();
    const pools = await this.#currentPools();
    const prefix = this.#server.pathname.replace(/\/$/, '');
    const headers: string[] = [];
    let upgrade = '';
    for (let index = 0; index < request.headers.length; index += 2) {
      const [name = '', value = ''] = request.headers.slice(index, index + 2);
      if (name === 'upgrade') upgrade = value;
      else if (name !== 'connection') headers.push(name, value);
    }
    headers.push(...Object.entries(credential).flat());
    const { method, target } = request;
    const options = { method, path: `${prefix}${target}`, headers, upgrade };
    return undiciUpgrade(pools.long, options, signal);
  }

  /** Ends all sockets at once, with whatever is still under way on them. */
  async destroy(): Promise<void> {
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([pools?.short.destroy(), pools?.long.destroy()]);
  }

  async #currentPools(): Promise<Pools> {
    if (this.#pools !== undefined && performance.now() - this.#checkedAtMs < FRESH_MS) {
      return this.#pools;
    }
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<Pools> {
    const material = await this.#readMaterial();
    this.#checkedAtMs = performance.now();
    const before = this.#pools;
    if (before !== undefined && sameMaterial(before.material, material)) return before;
    const open = (connections: number | null) =>
      new Pool(this.#server.origin, {
        connections,
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: IDLE_MS,
        keepAliveMaxTimeout: IDLE_MS,
        maxHeaderSize: 65_536,
        connect: { ...material, ...this.#serverName(), timeout: CONNECT_MS, allowH2: false },
      });
    const pools = { material, short: open(MAX_SHORT_CONNECTIONS), long: open(null) };
    this.#pools = pools;
    // What is under way on the old certificates ends by itself; their idle sockets end now.
    void before?.short.close();
    void before?.long.close();
    return pools;
  }

  async #readMaterial(): Promise<TlsMaterial> {
    try {
      return await readTlsMaterial(this.document.spec);
    } catch (cause) {
      throw new CallRefused(
        'credential_unavailable',
        `the certificates of connection ${this.name} cannot be read at the moment`,
        { cause },
      );
    }
  }

  #serverName(): { servername?: string } {
    const { tlsServerName } = this.document.spec;
    return tlsServerName === undefined ? {} : { servername: tlsServerName };
  }
}
