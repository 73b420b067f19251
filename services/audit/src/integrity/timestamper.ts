import { setTimeout as wait } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import {
  MAX_TIMESTAMP_BYTES,
  openTimestamp,
  TIMESTAMP_QUERY_TYPE,
  TIMESTAMP_REPLY_TYPE,
  timestampQuery,
  TimestampRefused,
} from '@drawbridge/integrity';
import type { JetStreamConnection } from '@drawbridge/jetstream';
import { codeOf, type Clock } from '@drawbridge/kernel';
import { boundedFetch } from '@drawbridge/runtime';
import { CheckpointLog, type StoredSeal } from '../nats/checkpoint-log.js';
import { TimestampLog, type StoredTimestamp } from '../nats/timestamp-log.js';
import { sealedStreams } from './sealed-streams.js';

export interface TimestamperOptions {
  readonly connection: JetStreamConnection;
  readonly logger: LoggerService;
  readonly clock: Clock;
  /** Of the time stamper: HTTPS, or plain HTTP to a loopback address. */
  readonly url: string;
  /** PEM: who vouches for it. */
  readonly roots: string;
  /** How often a stream that has a new checkpoint gets a timestamp. */
  readonly everyMs: number;
  readonly streams?: readonly string[];
}

const TIMEOUT_MS = 15_000;
const LOOK_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 600_000;

/**
 * Has checkpoints timestamped by somebody outside, RFC 3161: then not even who holds the key can make another past that
 * was signed as early. The newest checkpoint of each stream, every so often; its tree has all that came before, so after a
 * time stamper was away the newest makes up for those between.
 *
 * Apart from sealing, which never waits for it. Any number of replicas may run: one timestamp is kept.
 */
export class Timestamper {
  readonly #seals: CheckpointLog;
  readonly #log: TimestampLog;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #failures = 0;
  #failure: string | undefined;
  #stampedAt: number | undefined;

  constructor(private readonly options: TimestamperOptions) {
    this.#seals = new CheckpointLog(options.connection);
    this.#log = new TimestampLog(options.connection);
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** Code of what is in the way; undefined when all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** How old the newest timestamp is, and whether the time stamper gives none. */
  figures(): Record<'lastTimestampSeconds' | 'timestampsFailing', number> {
    const age = this.#now() - (this.#stampedAt ?? 0);
    return {
      lastTimestampSeconds:
        this.#stampedAt === undefined ? -1 : Math.max(0, Math.round(age / 1000)),
      timestampsFailing: this.#failure === undefined ? 0 : 1,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#try();
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), MAX_PAUSE_MS);
      const lookMs = Math.min(LOOK_MS, this.options.everyMs);
      const ms = this.#failures === 0 ? lookMs : pauseMs;
      await wait(ms, undefined, { signal }).catch(() => undefined);
    }
  }

  async #try(): Promise<void> {
    try {
      for (const stream of this.options.streams ?? sealedStreams) await this.#stamp(stream);
      this.#failures = 0;
      this.#failure = undefined;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#failures = Math.min(this.#failures + 1, 16);
      const code = codeOf(error) ?? 'timestamp_unavailable';
      this.#failure = code;
      this.options.logger.warn({ msg: 'a checkpoint is not timestamped', code, err: error });
    }
  }

  async #stamp(stream: string): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const seal = await this.#seals.lastSeal(stream);
    if (seal === undefined) return;
    const last = await this.#log.last(stream);
    if (last !== undefined && !this.#isDue(seal, last)) return;
    const reply = await this.#ask(seal);
    const { position } = seal;
    const { note } = seal.seal;
    const timestamp = { note, position, reply: Buffer.from(reply).toString('base64') };
    const stored = await this.#log.append(stream, timestamp, last?.sequence ?? 0);
    if (stored !== undefined) this.#stampedAt = this.#now();
  }

  #isDue({ position }: StoredSeal, last: StoredTimestamp): boolean {
    this.#stampedAt = Math.max(this.#stampedAt ?? 0, last.storedAt);
    return last.position !== position && this.#now() - last.storedAt >= this.options.everyMs;
  }

  /** A reply that proves it; what does not is not kept. */
  async #ask({ seal }: StoredSeal): Promise<Uint8Array> {
    const { url, roots } = this.options;
    const content = Buffer.from(seal.note);
    const { bytes, nonce } = timestampQuery(content);
    const response = await boundedFetch(url, {
      allowInsecureHttp: true,
      method: 'POST',
      headers: { 'content-type': TIMESTAMP_QUERY_TYPE, accept: TIMESTAMP_REPLY_TYPE },
      body: bytes,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_TIMESTAMP_BYTES,
    });
    if (!response.ok) {
      const message = `the time stamper answered with status ${response.status}`;
      throw new TimestampRefused('timestamp_denied', message);
    }
    const reply = new Uint8Array(await response.arrayBuffer());
    openTimestamp({ reply, content, nonce, roots });
    return reply;
  }

  #now(): number {
    return this.options.clock().getTime();
  }
}
