import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectJetStream, declareStreams, type JetStreamConnection } from '@drawbridge/jetstream';
import { Closers, createLogger } from '@drawbridge/runtime';
import { startNats, type TestNats } from '@drawbridge/testing';
import { Sinks } from '../src/sinks/sinks.js';

/** Long enough that a busy machine gives a sign of life in between. */
const TAKE_OVER_MS = 6_000;

export interface SinkWorld {
  readonly nats: TestNats;
  readonly connection: JetStreamConnection;
  /** Of the configuration and of files beside it. */
  readonly directory: string;
  write(name: string, text: string): Promise<void>;
  /** Another set of sinks, by the `spec` of each. */
  configure(sinks: Readonly<Record<string, object>>): Promise<void>;
  /** A replica; closed at the end. */
  start(): Promise<{ readonly sinks: Sinks; close(): Promise<void> }>;
  stop(): Promise<void>;
}

const NOTHING = {
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Sink',
  metadata: { name: 'nothing' },
  // Something must stand in a configuration; this one is told of nothing that ever happens here.
  spec: { types: ['AgentEnabled'], to: { type: 's3', bucket: 'nothing-there' } },
};

/** Sinks with a real NATS server, and without ClickHouse. */
export async function startSinkWorld(): Promise<SinkWorld> {
  const nats = await startNats();
  const connection = await connectJetStream({ servers: nats.servers, name: 'test' });
  await declareStreams(connection, { replicas: 1 });
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-sinks-'));
  const replicas = new Set<{ close(): Promise<void> }>();
  const write = (name: string, text: string) => writeFile(join(directory, name), text);
  const configure = (sinks: Readonly<Record<string, object>>) => {
    const { apiVersion, kind } = NOTHING;
    const documents = Object.entries(sinks).map(([name, spec]) => ({
      ...{ apiVersion, kind, metadata: { name } },
      spec,
    }));
    return write(
      'sinks.yaml',
      [NOTHING, ...documents].map((one) => JSON.stringify(one)).join('\n---\n'),
    );
  };
  await configure({});
  return {
    ...{ nats, connection, directory, write, configure },
    start: async () => {
      const closers = new Closers();
      const logger = createLogger('audit', { level: 'fatal' });
      const clock = () => new Date();
      const options = { directory, connection, clock, logger, takeOverMs: TAKE_OVER_MS };
      const sinks = await Sinks.start(options, closers);
      const replica = {
        sinks,
        close: () => {
          replicas.delete(replica);
          return closers.close();
        },
      };
      replicas.add(replica);
      return replica;
    },
    stop: async () => {
      await Promise.all([...replicas].map((replica) => replica.close()));
      await connection.close();
      await nats.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
