import { setTimeout as wait } from 'node:timers/promises';
import { RECORD_FORM_HEADER } from '@drawbridge/contracts';
import { BATCH_HEADER, batchOf, type JetStreamConnection } from '@drawbridge/jetstream';
import { headers } from '@nats-io/transport-node';
import type { SampleCommands } from './sample-commands.js';

const LINES = 500;
/** Calls that are under way when another begins. */
const UNDER_WAY = 200;
const IN_FLIGHT = 8;

const head = headers();
head.set(...BATCH_HEADER);
head.set(...RECORD_FORM_HEADER);

/** Starts and ends as they leave a busy gateway: each end some hundred lines behind its start. */
export class CommandPublisher {
  readonly #ends: string[] = [];
  #lines: string[] = [];
  readonly #open = new Set<Promise<unknown>>();

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly samples: SampleCommands,
  ) {}

  async publish(count: number): Promise<void> {
    for (let made = 0; made < count; made += 1) {
      const { started, ended } = this.samples.next();
      this.#lines.push(started);
      this.#ends.push(ended);
      if (this.#ends.length > UNDER_WAY) this.#lines.push(this.#ends.shift() ?? '');
      if (this.#lines.length >= LINES) await this.#send();
    }
  }

  /** So many a second, in steps of a hundredth. */
  async publishAtRate(rate: number, seconds: number): Promise<void> {
    const start = performance.now();
    for (let made = 0; made < rate * seconds;) {
      const due = Math.min(rate * seconds, ((performance.now() - start) / 1_000) * rate);
      await this.publish(Math.floor(due) - made);
      made = Math.floor(due);
      await wait(10);
    }
  }

  /** The ends of the calls that are under way. */
  async finish(): Promise<void> {
    this.#lines.push(...this.#ends.splice(0));
    await this.#send();
    await Promise.all(this.#open);
  }

  async #send(): Promise<void> {
    const bytes = batchOf(this.#lines);
    this.#lines = [];
    const sent = this.connection.jetstream
      .publish('drawbridge.commands._batch.bench', bytes, { headers: head })
      .finally(() => this.#open.delete(sent));
    this.#open.add(sent);
    if (this.#open.size >= IN_FLIGHT) await Promise.race(this.#open);
  }
}
