import { freePort } from '@drawbridge/embedded';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { containerImages } from './container-images.js';
import { eventually } from './eventually.js';
import type { TestNats, TestNatsOptions } from './start-nats.js';

const CONFIGURATION = '/etc/nats/drawbridge.conf';
const STORE = '/data/jetstream';

/**
 * The same server in a container. The host port is chosen here, because Docker gives a started container a
 * new random one.
 */
export async function startNatsContainer({
  access,
  more = '',
}: TestNatsOptions): Promise<TestNats> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers');
  const port = await freePort();
  const login = access === undefined ? [] : ['--user', access.user, '--pass', access.password];
  const configuration = `port: 4222\njetstream { store_dir: "/data" }\n${more}\n`;
  const container = await new GenericContainer(containerImages.nats)
    .withCopyContentToContainer([{ content: configuration, target: CONFIGURATION }])
    .withCommand(['-c', CONFIGURATION, ...login])
    .withExposedPorts({ container: 4222, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start();
  const runtime = await getContainerRuntimeClient();
  const raw = runtime.container.getById(container.getId());
  const servers = `nats://${container.getHost()}:${port}`;
  return {
    servers,
    storeDirectory: STORE,
    kill: async () => {
      await raw.kill({ signal: 'SIGKILL' });
      await raw.wait();
    },
    pause: () => raw.pause(),
    resume: () => raw.unpause(),
    restart: async () => {
      await raw.restart();
      await eventually(() => requireJetStream(servers, access));
    },
    stop: async () => {
      await container.stop({ remove: true, removeVolumes: true });
    },
  };
}

async function requireJetStream(servers: string, access: TestNatsOptions['access']): Promise<void> {
  const login = access === undefined ? {} : { user: access.user, pass: access.password };
  const connection = await connect({ servers, timeout: 1_000, reconnect: false, ...login });
  try {
    await jetstreamManager(connection, { timeout: 1_000 });
  } finally {
    await connection.close();
  }
}
