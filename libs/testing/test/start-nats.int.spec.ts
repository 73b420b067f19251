import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedNats, nativeTool, startEmbeddedNats } from '@drawbridge/embedded';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../src/eventually.js';
import { sourceProgram } from '../src/source-program.js';
import { startNats } from '../src/start-nats.js';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Stores a message on a stream, or counts what is there. */
async function withStream(servers: string, store: boolean): Promise<number> {
  const nats = await connect({ servers });
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: 'S', subjects: ['s'] });
  if (store) await manager.jetstream().publish('s', 'x');
  const { state } = await manager.streams.info('S');
  await nats.close();
  return state.messages;
}

describe('a server for tests', () => {
  it('keeps address and messages when it is killed and started again, and nothing when stopped', async () => {
    const nats = await startNats();
    expect(await withStream(nats.servers, true)).toBe(1);
    await nats.kill();
    await expect(connect({ servers: nats.servers, reconnect: false })).rejects.toThrow();
    await nats.restart();
    expect(await withStream(nats.servers, false)).toBe(1);
    await nats.restart();
    expect(await withStream(nats.servers, true)).toBe(2);
    await nats.stop();
    expect(existsSync(nats.storeDirectory)).toBe(false);
  });

  it('asks for the password it was given', async () => {
    const access = { user: 'me "and" you', password: 'a\\b$c "d"' };
    const nats = await startNats({ access });
    ends.push(() => nats.stop());
    await expect(connect({ servers: nats.servers })).rejects.toThrow(/authorization/i);
    const { user, password: pass } = access;
    const connection = await connect({ servers: nats.servers, user, pass });
    await connection.close();
  });
});

describe('the embedded server', () => {
  const start = async (storeDirectory?: string): Promise<EmbeddedNats> => {
    const directory = storeDirectory ?? (await mkdtemp(join(tmpdir(), 'drawbridge-embedded-')));
    const server = await startEmbeddedNats({
      executable: await nativeTool('nats-server'),
      storeDirectory: directory,
      access: { user: 'u', password: 'hunter2' },
    });
    ends.push(async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    });
    return server;
  };

  it('shows its password to its own user only', async () => {
    const server = await start();
    const configuration = join(server.storeDirectory, 'nats-server.conf');
    expect(readFileSync(configuration, 'utf8')).toContain('hunter2');
    expect(statSync(configuration).mode & 0o077).toBe(0);
    expect(statSync(server.storeDirectory).mode & 0o077).toBe(0);
  });

  it('listens on this machine only', async () => {
    const server = await start();
    expect(server.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    const ports = readFileSync(
      join(server.storeDirectory, `nats-server_${server.pid}.ports`),
      'utf8',
    );
    expect(ports).not.toContain('0.0.0.0');
  });

  it.each([
    ['cannot be executed', '/nonexistent/nats-server', 'it cannot be executed'],
    ['ends at once', '/bin/false', 'it has ended (exit code 1)'],
  ])('says so when it %s', async (_what, executable, why) => {
    const storeDirectory = await mkdtemp(join(tmpdir(), 'drawbridge-embedded-'));
    ends.push(() => rm(storeDirectory, { recursive: true, force: true }));
    await expect(startEmbeddedNats({ executable, storeDirectory })).rejects.toMatchObject({
      code: 'nats_not_started',
      message: `nats-server did not start: ${why}`,
    });
  });

  it('tells what the server said about a bad configuration', async () => {
    const storeDirectory = await mkdtemp(join(tmpdir(), 'drawbridge-embedded-'));
    ends.push(() => rm(storeDirectory, { recursive: true, force: true }));
    const executable = await nativeTool('nats-server');
    const starting = startEmbeddedNats({ executable, storeDirectory, more: 'no_such_setting: 1' });
    await expect(starting).rejects.toThrow(/no_such_setting/);
  });

  it('takes over from a server whose process was killed: never two on the same files', async () => {
    const storeDirectory = await mkdtemp(join(tmpdir(), 'drawbridge-embedded-'));
    const program = join(import.meta.dirname, 'nats-starter.ts');
    const executable = await nativeTool('nats-server');
    const parent = spawn(
      process.execPath,
      [...sourceProgram(program), executable, storeDirectory],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    parent.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    const orphan = await eventually(() => {
      const pid = Number(/pid (\d+)/.exec(output)?.[1]);
      if (!(pid > 0)) throw new Error('not started');
      return pid;
    });
    parent.kill('SIGKILL');
    await new Promise((resolve) => parent.once('exit', resolve));
    expect(isRunning(orphan)).toBe(true);
    const server = await start(storeDirectory);
    expect(isRunning(orphan)).toBe(false);
    expect(server.pid).not.toBe(orphan);
  });

  it('is not taken away from a process that is alive', async () => {
    const first = await start();
    await expect(start(first.storeDirectory)).rejects.toThrow(`process ${process.pid} runs`);
    expect(isRunning(first.pid ?? 0)).toBe(true);
  });

  it('leaves a process alone that only has the pid of an earlier server', async () => {
    const first = await start();
    const { storeDirectory } = first;
    await first.stop();
    const bystander = spawn('sleep', ['60']);
    ends.push(() => Promise.resolve(bystander.kill()));
    const { writeFile } = await import('node:fs/promises');
    await writeFile(join(storeDirectory, 'nats-server.pid'), `${bystander.pid} 1`);
    await start(storeDirectory);
    expect(isRunning(bystander.pid ?? 0)).toBe(true);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie that its adoptive parent has not collected does not run any more.
  return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
