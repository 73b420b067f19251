import type { AddressInfo } from 'node:net';
import type { GatewayPort } from './proxy.module.js';
import type { GatewayServer } from './listener/gateway-server.js';
import type { LiveCalls } from './streams/live-calls.js';
import {
  followServerCertificate,
  type FollowedCertificate,
} from './listener/server-certificate.js';

/** How long answers under way may take when the gateway stops. */
const DRAIN_MS = 5_000;

export interface DataPathOptions extends GatewayServer {
  readonly host: string;
  readonly port: number;
  /** Other threads listen on the same port: the kernel spreads connections over them. */
  readonly reusePort: boolean;
  readonly followed: FollowedCertificate;
  readonly live: LiveCalls;
}

/** The gateway's listener as Nest starts and stops it. No call passes through Nest. */
export class DataPath implements GatewayPort {
  #draining = false;
  #stopFollowing: () => void = () => undefined;

  constructor(private readonly options: DataPathOptions) {}

  get draining(): boolean {
    return this.#draining;
  }

  /** `https://host:port`, once it listens. */
  get address(): string {
    const { host, server } = this.options;
    const bound: AddressInfo | string | null = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : this.options.port;
    return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** From now on session tickets are made with another key. */
  renewTicketKeys(keys: Buffer): void {
    this.options.server.setTicketKeys(keys);
  }

  async onApplicationBootstrap(): Promise<void> {
    const { server, host, port, reusePort, followed } = this.options;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, reusePort }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#stopFollowing = followServerCertificate(server, followed);
  }

  /** Takes no new connection, cuts streams with a reason, gives short answers a moment, then ends all. */
  async onApplicationShutdown(): Promise<void> {
    const { server, drain, endConnections, live } = this.options;
    this.#draining = true;
    this.#stopFollowing();
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    drain();
    live.cutLongRunning('proxy_draining');
    const end = setTimeout(() => {
      live.cutAll('proxy_draining');
      endConnections();
    }, DRAIN_MS);
    await closed;
    clearTimeout(end);
  }
}
