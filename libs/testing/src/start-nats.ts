import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedNats, nativeTool, startEmbeddedNats } from '@drawbridge/embedded';
import { startNatsContainer } from './start-nats-container.js';
import { testServers } from './test-servers.js';

/** A real `nats-server` with JetStream on disk, for one test file. */
export interface TestNats {
  /** `nats://host:port`, the same after {@link restart}. */
  readonly servers: string;
  /** Where it stores; in a container, the path inside of it. */
  readonly storeDirectory: string;
  /** Ends it as a crash would (SIGKILL). */
  kill(): Promise<void>;
  /** Makes it hang, with its connections open, until {@link resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Starts it again on the same address and files; stops it first when it runs. */
  restart(): Promise<void>;
  /** Ends it and removes what it stored. */
  stop(): Promise<void>;
}

export interface TestNatsOptions {
  readonly access?: { readonly user: string; readonly password: string };
  /** More lines of server configuration, e.g. users with permissions. */
  readonly more?: string;
}

/** Starts it in a container or as a native process: see `test-servers.ts`. */
export async function startNats(options: TestNatsOptions = {}): Promise<TestNats> {
  return (await testServers()) === 'docker'
    ? startNatsContainer(options)
    : startNatsProcess(options);
}

async function startNatsProcess({ access, more }: TestNatsOptions): Promise<TestNats> {
  const storeDirectory = await mkdtemp(join(tmpdir(), 'drawbridge-nats-'));
  const server = await startEmbeddedNats({
    executable: await nativeTool('nats-server'),
    storeDirectory,
    sync: 'periodic',
    ...(access === undefined ? {} : { access }),
    ...(more === undefined ? {} : { more }),
  });
  return {
    servers: server.url,
    storeDirectory,
    kill: () => server.kill(),
    pause: () => signal(server, 'SIGSTOP'),
    resume: () => signal(server, 'SIGCONT'),
    restart: () => server.restart(),
    stop: async () => {
      await server.stop();
      await rm(storeDirectory, { recursive: true, force: true });
    },
  };
}

async function signal({ pid }: EmbeddedNats, name: NodeJS.Signals): Promise<void> {
  if (pid === undefined) throw new Error('the server does not run');
  await Promise.resolve(process.kill(pid, name));
}
