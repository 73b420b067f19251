import type { TLSSocket } from 'node:tls';
import type { LoggerService } from '@nestjs/common';
import { CONNECTOR_PROTOCOL } from '@drawbridge/connector-link';
import type { ConnectionDocument } from '@drawbridge/contracts';
import type { JetStreamConnection } from '@drawbridge/jetstream';
import { ConnectorGate } from './connector-gate.js';
import { ConnectorRegistry } from './connector-registry.js';
import { GatewayPeers } from './gateway-peers.js';

export interface ConnectorsOptions {
  readonly connection: Pick<JetStreamConnection, 'nats'>;
  readonly logger: LoggerService;
}

/** Everything that one worker has to do with connectors. */
export class Connectors {
  readonly registry: ConnectorRegistry;
  readonly #peers: GatewayPeers;
  readonly #gate: ConnectorGate;

  constructor({ connection, logger }: ConnectorsOptions) {
    const onChange = (peers: readonly string[]) => this.#gate.tellPeers(peers);
    this.registry = new ConnectorRegistry({ logger });
    this.#peers = new GatewayPeers({ connection, logger, onChange });
    this.#gate = new ConnectorGate({ registry: this.registry, peers: this.#peers, logger });
  }

  /** What is spoken on the port of the gateway besides HTTP. */
  get protocols(): Readonly<Record<string, (socket: TLSSocket) => void>> {
    return { [CONNECTOR_PROTOCOL]: (socket) => this.#gate.accept(socket) };
  }

  replace(documents: readonly ConnectionDocument[]): void {
    this.#gate.replace(documents);
  }

  /** New streams belong to other gateways; when `isIdle` says that no call needs them, the old ones end. */
  drain(isIdle: () => boolean): void {
    this.#peers.close();
    this.#gate.drain(isIdle);
  }

  close(): void {
    this.#peers.close();
    this.#gate.end();
  }

  figures(): Readonly<Record<string, number>> {
    const { sessions, draining, streams } = this.registry;
    return { connectorSessions: sessions, connectorsDraining: draining, connectorStreams: streams };
  }
}
