import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import { TrustBundle } from '@drawbridge/contracts';
import type { JetStreamConnection } from './jetstream-connection.js';
import { TRUST_BUCKET } from './stream-definitions.js';

/**
 * Core NATS subject on which a verifier that met an unknown key asks identity for newer keys. The request is empty;
 * the answer is `{"revision": <of the newest bundle>}`, given when the issuers have been asked.
 */
export const TRUST_REFRESH_SUBJECT = 'drawbridge.trust.refresh';

const KEY = 'bundle';
const RETRY_MS = 250;
/** A watch could die without a word; reading now and then bounds how long that goes unnoticed. */
const READ_AGAIN_MS = 5_000;
const CONNECTED_MS = 5_000;

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
  const bucket = await openBucket(connection);
  const text = JSON.stringify(TrustBundle.parse(bundle));
  for (;;) {
    const entry = await bucket.get(KEY);
    if (revisionOf(entry) >= bundle.revision) return false;
    if (await putAfter(bucket, entry, text)) return true;
  }
}

/** Writes when `entry` is still the newest; false when another replica was quicker. */
async function putAfter(bucket: KV, entry: KvEntry | null, text: string): Promise<boolean> {
  const previousSeq = entry?.revision ?? 0;
  try {
    await bucket.put(KEY, text, { previousSeq });
    return true;
  } catch (error) {
    const now = await bucket.get(KEY);
    if ((now?.revision ?? 0) === previousSeq) throw error;
    return false;
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
  #stopWatch: () => void = () => undefined;

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly onBundle: (bundle: TrustBundle) => void,
  ) {}

  async start(): Promise<void> {
    const entries = await this.#watch();
    void this.#run(entries);
  }

  /** Passes nothing on any more; does not wait for a bus that says nothing. */
  close(): Promise<void> {
    this.#closing = true;
    this.#stopWatch();
    return Promise.resolve();
  }

  /** Reads the newest bundle and then watches for others, until the connection changes. */
  async #watch(): Promise<AsyncIterable<KvEntry>> {
    const bucket = await openBucket(this.connection);
    await this.#read(bucket);
    const entries = await bucket.watch({ key: KEY, ignoreDeletes: true });
    this.#stopWatch = () => entries.stop();
    // Closed while the bus was asked.
    if (this.#closing) entries.stop();
    return entries;
  }

  async #run(first: AsyncIterable<KvEntry>): Promise<void> {
    const stopWatch = () => this.#stopWatch();
    const forget = this.connection.onChange(stopWatch);
    const readAgain = setInterval(() => void this.#readAgain(), READ_AGAIN_MS);
    let entries: AsyncIterable<KvEntry> | undefined = first;
    while (!this.#stopped()) {
      try {
        entries ??= await this.#watch();
        for await (const entry of entries) this.#take(entry);
      } catch {
        // The server is away or slow: read and watch again, the revision decides what is news.
      }
      entries = undefined;
      if (!this.#stopped()) await delay(RETRY_MS);
    }
    clearInterval(readAgain);
    forget();
  }

  async #readAgain(): Promise<void> {
    if (!this.connection.connected) return;
    try {
      await this.#read(await openBucket(this.connection));
    } catch {
      // Left to the next time, and to the watch.
    }
  }

  async #read(bucket: KV): Promise<void> {
    const newest = await bucket.get(KEY);
    if (newest !== null) this.#take(newest);
  }

  #stopped(): boolean {
    return this.#closing || this.connection.closed;
  }

  #take(entry: KvEntry): void {
    if (this.#closing) return;
    const bundle = parseBundle(entry);
    if (bundle === undefined || bundle.revision <= this.#revision) return;
    this.#revision = bundle.revision;
    this.onBundle(bundle);
  }
}

async function openBucket(connection: JetStreamConnection): Promise<KV> {
  await connection.requireConnected(CONNECTED_MS);
  return new Kvm(connection.jetstream).open(TRUST_BUCKET);
}

const revisionOf = (entry: KvEntry | null): number =>
  (entry === null ? undefined : parseBundle(entry)?.revision) ?? -1;

function parseBundle(entry: KvEntry): TrustBundle | undefined {
  try {
    return TrustBundle.parse(entry.json<unknown>());
  } catch {
    return undefined;
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
