import { freePort } from '@drawbridge/embedded';
import type { TestNats, TestNatsOptions } from './start-nats.js';

const IMAGE = 'nats:2.12-alpine';
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
  const container = await new GenericContainer(IMAGE)
    .withCopyContentToContainer([{ content: configuration, target: CONFIGURATION }])
    .withCommand(['-c', CONFIGURATION, ...login])
    .withExposedPorts({ container: 4222, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start();
  const runtime = await getContainerRuntimeClient();
  const raw = runtime.container.getById(container.getId());
  return {
    servers: `nats://${container.getHost()}:${port}`,
    storeDirectory: STORE,
    pid: undefined,
    kill: async () => {
      await raw.kill({ signal: 'SIGKILL' });
      await raw.wait();
    },
    restart: async () => {
      await raw.restart();
    },
    stop: async () => {
      await container.stop({ remove: true, removeVolumes: true });
    },
  };
}
