import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { containerImages } from './container-images.js';
import { testServers } from './test-servers.js';

const HTTP_PORT = 8123;

/** A real ClickHouse, empty, for one test file. */
export interface TestClickHouse {
  readonly client: ClickHouseClient;
  /** Ends it and removes what it stored. */
  stop(): Promise<void>;
}

/** A server in a container or the engine in a process: see `test-servers.ts`. */
export async function startClickHouse(): Promise<TestClickHouse> {
  return (await testServers()) === 'docker' ? startContainer() : startEngine();
}

async function startEngine(): Promise<TestClickHouse> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-clickhouse-'));
  const engine = await startEmbeddedClickHouse({ directory });
  return {
    client: engine.createClient(),
    stop: async () => {
      await engine.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function startContainer(): Promise<TestClickHouse> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const [username, password] = ['test', 'test'];
  const container = await new GenericContainer(containerImages.clickhouse)
    .withEnvironment({ CLICKHOUSE_USER: username, CLICKHOUSE_PASSWORD: password })
    .withExposedPorts(HTTP_PORT)
    .withWaitStrategy(Wait.forHttp('/ping', HTTP_PORT))
    .start();
  const url = `http://${container.getHost()}:${container.getMappedPort(HTTP_PORT)}`;
  const client = createClient({ url, username, password });
  return {
    client,
    stop: async () => {
      await client.close();
      await container.stop({ remove: true, removeVolumes: true });
    },
  };
}
