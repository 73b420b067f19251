import { createHash } from 'node:crypto';
import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import { Member, principalId, type Principal } from '@drawbridge/contracts';
import type { JetStreamConnection } from './jetstream-connection.js';
import { MEMBERS_BUCKET } from './stream-definitions.js';

const RETRY_MS = 250;
const CONNECTED_MS = 5_000;

type Watching = Awaited<ReturnType<KV['watch']>>;

/** Where the reading of somebody stands. Subjects can be anything, and keys cannot. */
export const memberKeyOf = (account: Pick<Principal, 'issuer' | 'subject'>): string =>
  createHash('sha256').update(principalId(account)).digest('hex').slice(0, 32);

export interface MembersFollower {
  /** Whether readings come at this moment. */
  isCurrent(): boolean;
  close(): Promise<void>;
}

/**
 * Passes every reading in the bucket and each that comes to `onMember`, perhaps more than once; resolves once it
 * watches. Survives restarts of the server. What cannot be read is left out.
 */
export async function followMembers(
  connection: JetStreamConnection,
  onMember: (member: Member) => void,
): Promise<MembersFollower> {
  const follower = new Follower(connection, onMember);
  await follower.start();
  return { isCurrent: () => follower.isCurrent, close: () => follower.close() };
}

class Follower {
  #closing = false;
  #watching: Watching | undefined;

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly onMember: (member: Member) => void,
  ) {}

  get isCurrent(): boolean {
    return !this.#closing && this.#watching !== undefined && this.connection.connected;
  }

  async start(): Promise<void> {
    const entries = await this.#watch();
    void this.#run(entries);
  }

  /** Passes nothing on any more; does not wait for a bus that says nothing. */
  close(): Promise<void> {
    this.#closing = true;
    this.#watching?.stop();
    return Promise.resolve();
  }

  /** Begins with what is newest of each key. */
  async #watch(): Promise<Watching> {
    await this.connection.requireConnected(CONNECTED_MS);
    const bucket = await new Kvm(this.connection.jetstream).open(MEMBERS_BUCKET);
    const entries = await bucket.watch({ ignoreDeletes: true });
    this.#watching = entries;
    // Closed while the bus was asked.
    if (this.#closing) entries.stop();
    return entries;
  }

  async #run(first: Watching): Promise<void> {
    const forget = this.connection.onChange(() => this.#watching?.stop());
    let entries: Watching | undefined = first;
    while (!this.#isOver()) {
      try {
        entries ??= await this.#watch();
        for await (const entry of entries) this.#take(entry);
      } catch {
        // The server is away or slow: watch again, from what is newest.
      }
      this.#watching = undefined;
      entries = undefined;
      if (!this.#isOver()) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    forget();
  }

  #isOver(): boolean {
    return this.#closing || this.connection.closed;
  }

  #take(entry: KvEntry): void {
    if (this.#closing) return;
    const member = Member.safeParse(parsed(entry));
    // Nobody can write for somebody else under their key.
    if (member.success && memberKeyOf(member.data) === entry.key) this.onMember(member.data);
  }
}

function parsed(entry: KvEntry): unknown {
  try {
    return entry.json<unknown>();
  } catch {
    return undefined;
  }
}
