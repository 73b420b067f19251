import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CommandRecord, isCommandLine, type AccessEvent, type Rule } from '@drawbridge/contracts';
import { nativeTool, startEmbeddedNats, type EmbeddedNats } from '@drawbridge/embedded';
import {
  accessEventStore,
  commandLines,
  COMMANDS_STREAM,
  connectJetStream,
  declareStreams,
  publishTrustBundle,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import type { BenchIssuer } from '../drawbridge/bench-issuer.js';

/** Messages that are read at the same time. */
const READERS = 16;

export type GrantEnd = 'expiry' | 'revoke' | 'withdraw';

export interface SoakGrant {
  readonly subject: string;
  readonly connection: string;
  readonly rules: readonly Rule[];
  readonly seconds: number;
}

export interface IssuedGrant extends SoakGrant {
  readonly grantId: string;
  readonly requestId: string;
  readonly endsAtMs: number;
}

/** A real nats-server, and on it the events that identity and policy would write. */
export class SoakBus {
  private constructor(
    private readonly nats: EmbeddedNats,
    private readonly connection: JetStreamConnection,
    private readonly issuer: BenchIssuer,
  ) {}

  static async start(directory: string, issuer: BenchIssuer): Promise<SoakBus> {
    const executable = await nativeTool('nats-server');
    const storeDirectory = join(directory, 'nats');
    const nats = await startEmbeddedNats({ executable, storeDirectory, sync: 'periodic' });
    const connection = await connectJetStream({ servers: nats.url, name: 'soak' });
    await declareStreams(connection, { replicas: 1 });
    const publishedAt = new Date().toISOString();
    await publishTrustBundle(connection, { revision: 1, publishedAt, issuers: [issuer.trusted] });
    return new SoakBus(nats, connection, issuer);
  }

  get url(): string {
    return this.nats.url;
  }

  async issue(grant: SoakGrant): Promise<IssuedGrant> {
    const [grantId, requestId] = [randomUUID(), randomUUID()];
    const startsAtMs = Date.now();
    const endsAtMs = startsAtMs + grant.seconds * 1_000;
    const { subject, connection, rules, seconds } = grant;
    await this.#append('policy', requestId, {
      type: 'GrantIssued',
      data: {
        grantId,
        policy: { name: 'soak', version: 'soak' },
        grantee: { kind: 'agent', issuer: this.issuer.issuer, subject, groups: [] },
        terms: {
          connection,
          environment: 'soak',
          rules: [...rules],
          durationSeconds: Math.ceil(seconds),
          reason: 'soak',
        },
        approvers: [],
        startsAt: new Date(startsAtMs).toISOString(),
        endsAt: new Date(endsAtMs).toISOString(),
      },
    });
    return { ...grant, grantId, requestId, endsAtMs };
  }

  /** Ends a grant before its time, or says that its time is over, as policy does. */
  async end({ grantId, requestId, endsAtMs, subject }: IssuedGrant, how: GrantEnd): Promise<void> {
    if (how === 'withdraw') {
      const { issuer } = this.issuer;
      await this.#append('identity', requestId, {
        type: 'AccessRequestWithdrawn',
        data: { by: { kind: 'agent', issuer, subject, groups: [] } },
      });
      return;
    }
    const endsAt = new Date(endsAtMs).toISOString();
    await this.#append(
      'policy',
      requestId,
      how === 'revoke'
        ? { type: 'GrantRevoked', data: { grantId, reason: 'soak' } }
        : { type: 'GrantExpired', data: { grantId, endsAt } },
    );
  }

  /** Consumers of all streams and buckets. */
  async consumers(): Promise<number> {
    const all = await this.connection.manager.streams.list().next();
    return all.reduce((sum, { state }) => sum + state.consumer_count, 0);
  }

  /** The record as it stands. */
  async records(): Promise<readonly CommandRecord[]> {
    const { manager } = this.connection;
    const { state } = await manager.streams.info(COMMANDS_STREAM);
    const records: CommandRecord[] = [];
    let next = Math.max(1, state.first_seq);
    const read = async () => {
      while (next <= state.last_seq) {
        const seq = next;
        next += 1;
        const message = await manager.streams.getMessage(COMMANDS_STREAM, { seq });
        if (message === null) continue;
        for (const line of commandLines({ headers: message.header, data: message.data })) {
          const text = new TextDecoder().decode(line);
          if (isCommandLine(text)) records.push(CommandRecord.parse(JSON.parse(text)));
        }
      }
    };
    await Promise.all(Array.from({ length: READERS }, read));
    return records;
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.nats.stop();
  }

  async #append(writer: 'identity' | 'policy', requestId: string, event: AccessEvent) {
    const store = accessEventStore(this.connection, writer);
    const at = new Date();
    const { position } =
      event.type === 'GrantIssued'
        ? { position: { lastSequence: 0 } }
        : await store.load(requestId);
    await store.append({
      aggregateId: requestId,
      position,
      event,
      metadata: {
        id: uuidV7(at),
        causationId: 'soak',
        actor: { kind: 'service', id: writer },
        at: at.toISOString(),
      },
    });
  }
}
