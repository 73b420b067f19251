import { Kvm, type KvEntry } from '@nats-io/kv';
import { TrustBundle } from '@drawbridge/contracts';
import type { JetStreamConnection } from './jetstream-connection.js';
import { TRUST_BUCKET } from './stream-definitions.js';

const KEY = 'bundle';
const RETRY_MS = 250;

/**
 * Makes the bundle the one every verifier uses. A bundle that is not newer than the published one is ignored,
 * so that a slow replica cannot bring removed trust back.
 *
 * @returns whether it was published
 */
export async function publishTrustBundle(
  connection: JetStreamConnection,
  bundle: TrustBundle,
): Promise<boolean> {
  const bucket = await new Kvm(connection.jetstream).open(TRUST_BUCKET);
  for (;;) {
    const entry = await bucket.get(KEY);
    const published = entry === null ? undefined : parseBundle(entry);
    if (published !== undefined && published.revision >= bundle.revision) return false;
    try {
      await bucket.put(KEY, JSON.stringify(TrustBundle.parse(bundle)), {
        previousSeq: entry?.revision ?? 0,
      });
      return true;
    } catch (error) {
      // Another replica was quicker: compare with what it wrote.
      const now = await bucket.get(KEY);
      if ((now?.revision ?? 0) === (entry?.revision ?? 0)) throw error;
    }
  }
}

export interface TrustFollower {
  close(): Promise<void>;
}

/**
 * Passes the published bundle and each newer one to `onBundle`; resolves once it watches. Nothing is passed
 * while none has been published. Survives restarts of the server; an unreadable bundle is left out, so the
 * last good one stays in use.
 */
export async function followTrustBundle(
  connection: JetStreamConnection,
  onBundle: (bundle: TrustBundle) => void,
): Promise<TrustFollower> {
  const follower = new Follower(connection, onBundle);
  await follower.start();
  return { close: () => follower.close() };
}

class Follower {
  #revision = -1;
  #closing = false;
  #stop: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly onBundle: (bundle: TrustBundle) => void,
  ) {}

  async start(): Promise<void> {
    const entries = await this.#watch();
    this.#running = this.#run(entries);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#stop();
    await this.#running;
  }

  /** Reads the newest bundle and then watches for others. A watch made anew tells the newest again. */
  async #watch(): Promise<AsyncIterable<KvEntry>> {
    const bucket = await new Kvm(this.connection.jetstream).open(TRUST_BUCKET);
    const entry = await bucket.get(KEY);
    if (entry !== null) this.#take(entry);
    const entries = await bucket.watch({ key: KEY, ignoreDeletes: true });
    this.#stop = () => entries.stop();
    return entries;
  }

  async #run(first: AsyncIterable<KvEntry>): Promise<void> {
    let entries: AsyncIterable<KvEntry> | undefined = first;
    const forget = this.connection.onChange(() => this.#stop());
    while (!this.#closing) {
      try {
        entries ??= await this.#watch();
        for await (const entry of entries) this.#take(entry);
      } catch {
        // Watch again; the revision decides what is news.
      }
      entries = undefined;
      if (!this.#closing) await delay(RETRY_MS);
    }
    forget();
  }

  #take(entry: KvEntry): void {
    const bundle = parseBundle(entry);
    if (bundle === undefined || bundle.revision <= this.#revision) return;
    this.#revision = bundle.revision;
    this.onBundle(bundle);
  }
}

function parseBundle(entry: KvEntry): TrustBundle | undefined {
  try {
    return TrustBundle.parse(entry.json<unknown>());
  } catch {
    return undefined;
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
