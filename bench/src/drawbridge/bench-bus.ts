import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AccessEvent, Rule } from '@drawbridge/contracts';
import { startEmbeddedNats, type EmbeddedNats } from '@drawbridge/embedded';
import {
  accessEventStore,
  connectJetStream,
  COMMANDS_STREAM,
  declareStreams,
  publishTrustBundle,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { pinned } from '../machine/bench-process.js';
import type { BenchIssuer } from './bench-issuer.js';

const GRANT_SECONDS = 6 * 3_600;
/** The record of this many bytes is thrown away between rounds, so that a long run does not fill the disk. */
const MAX_RECORD_BYTES = 2e9;

export interface BusOptions {
  readonly program: string;
  readonly directory: string;
  readonly cores: readonly number[];
  /** @default always */
  readonly sync?: 'always' | 'periodic';
}

export interface BenchGrant {
  readonly subject: string;
  readonly connection: string;
  readonly rules: readonly Rule[];
}

/** A real nats-server that writes to disk before it acknowledges, unless told otherwise, with what the proxy learns from it. */
export class BenchBus {
  private constructor(
    private readonly nats: EmbeddedNats,
    private readonly connection: JetStreamConnection,
  ) {}

  static async start({
    program,
    directory,
    cores,
    sync = 'always',
  }: BusOptions): Promise<BenchBus> {
    const executable = join(directory, 'nats-server-pinned');
    const command = pinned(program, cores)
      .map((part) => `'${part}'`)
      .join(' ');
    writeFileSync(executable, `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(executable, 0o755);
    const storeDirectory = join(directory, 'nats');
    const nats = await startEmbeddedNats({ executable, storeDirectory, sync });
    const connection = await connectJetStream({ servers: nats.url, name: 'bench' });
    await declareStreams(connection, { replicas: 1 });
    return new BenchBus(nats, connection);
  }

  get url(): string {
    return this.nats.url;
  }

  get pid(): number {
    return this.nats.pid ?? 0;
  }

  /** @param cores - where it runs from now on; empty: stays */
  async moveTo(cores: readonly number[]): Promise<void> {
    if (cores.length === 0) return;
    const list = cores.join(',');
    await promisify(execFile)('taskset', ['-a', '-p', '-c', list, String(this.pid)]);
  }

  async trust({ trusted }: BenchIssuer): Promise<void> {
    const publishedAt = new Date().toISOString();
    await publishTrustBundle(this.connection, { revision: 1, publishedAt, issuers: [trusted] });
  }

  /** Puts a grant on the record as policy does when it has been approved. */
  async grant(issuer: BenchIssuer, grant: BenchGrant): Promise<void> {
    const requestId = randomUUID();
    const now = new Date();
    await accessEventStore(this.connection, 'policy').append({
      aggregateId: requestId,
      position: { lastSequence: 0 },
      event: grantIssued(issuer, grant, now),
      metadata: {
        id: uuidV7(now),
        causationId: 'bench',
        actor: { kind: 'service', id: 'policy' },
        at: now.toISOString(),
      },
    });
  }

  /** Between rounds, while nobody records. */
  async forgetLargeRecord(): Promise<void> {
    const { state } = await this.connection.manager.streams.info(COMMANDS_STREAM);
    if (state.bytes < MAX_RECORD_BYTES) return;
    await this.connection.manager.streams.delete(COMMANDS_STREAM);
    await declareStreams(this.connection, { replicas: 1 });
  }

  /** How much of the record there is: messages, and their bytes on disk. */
  async recorded(): Promise<{ readonly messages: number; readonly bytes: number }> {
    const { state } = await this.connection.manager.streams.info(COMMANDS_STREAM);
    return { messages: state.messages, bytes: state.bytes };
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.nats.stop();
  }
}

function grantIssued(issuer: BenchIssuer, grant: BenchGrant, now: Date): AccessEvent {
  const { subject, connection, rules } = grant;
  return {
    type: 'GrantIssued',
    data: {
      grantId: randomUUID(),
      policy: { name: 'bench', version: 'bench' },
      grantee: { kind: 'agent', issuer: issuer.issuer, subject, groups: [] },
      terms: {
        connection,
        environment: 'bench',
        rules: [...rules],
        durationSeconds: GRANT_SECONDS,
        reason: 'bench',
      },
      approvers: [],
      startsAt: now.toISOString(),
      endsAt: new Date(now.getTime() + GRANT_SECONDS * 1_000).toISOString(),
    },
  };
}
