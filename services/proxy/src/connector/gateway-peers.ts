import { randomUUID } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import { GATEWAYS_SUBJECT, type JetStreamConnection } from '@drawbridge/jetstream';
import { z } from 'zod';

const TELL_MS = 2_000;
/** Three were missed. */
const SILENT_MS = 7_000;
const MAX_PEERS = 128;

const Presence = z.strictObject({ gateway: z.uuid(), gone: z.boolean() });

export interface GatewayPeersOptions {
  readonly connection: Pick<JetStreamConnection, 'nats'>;
  readonly logger: LoggerService;
  readonly onChange: (peers: readonly string[]) => void;
}

/**
 * Which workers of which replicas there are: each says so on NATS every two seconds. Connectors need a session with
 * every one of them, and are told by whichever they have reached first.
 */
export class GatewayPeers {
  readonly id = randomUUID();
  readonly #options: GatewayPeersOptions;
  readonly #heardAtMs = new Map<string, number>();
  #started = false;
  #close: () => void = () => undefined;

  constructor(options: GatewayPeersOptions) {
    this.#options = options;
  }

  /** Its own first. */
  get all(): readonly string[] {
    return [this.id, ...this.#heardAtMs.keys()];
  }

  /** Begins to tell and to listen, once. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const { nats } = this.#options.connection;
    const subscription = nats.subscribe(GATEWAYS_SUBJECT, {
      callback: (error, message) => {
        if (error === null) this.#hear(message.data);
        else this.#options.logger.warn({ msg: 'other gateways are not heard', err: error });
      },
    });
    this.#tell(false);
    const timer = setInterval(() => {
      this.#tell(false);
      this.#forgetSilent();
    }, TELL_MS).unref();
    this.#close = () => {
      clearInterval(timer);
      subscription.unsubscribe();
      this.#tell(true);
    };
  }

  close(): void {
    this.#close();
    this.#close = () => undefined;
  }

  #hear(data: Uint8Array): void {
    const presence = Presence.safeParse(jsonOf(data));
    if (!presence.success || presence.data.gateway === this.id) return;
    const { gateway, gone } = presence.data;
    if (gone) {
      if (this.#heardAtMs.delete(gateway)) this.#changed();
      return;
    }
    const isNew = !this.#heardAtMs.has(gateway);
    if (isNew && this.#heardAtMs.size >= MAX_PEERS - 1) return;
    this.#heardAtMs.set(gateway, performance.now());
    if (!isNew) return;
    // It does not know us yet either.
    this.#tell(false);
    this.#changed();
  }

  #forgetSilent(): void {
    const { length } = this.all;
    for (const [gateway, atMs] of this.#heardAtMs) {
      if (performance.now() - atMs > SILENT_MS) this.#heardAtMs.delete(gateway);
    }
    if (this.all.length !== length) this.#changed();
  }

  #tell(gone: boolean): void {
    const { nats } = this.#options.connection;
    if (nats.isClosed()) return;
    nats.publish(GATEWAYS_SUBJECT, JSON.stringify({ gateway: this.id, gone }));
  }

  #changed(): void {
    this.#options.onChange(this.all);
  }
}

function jsonOf(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined;
  }
}
