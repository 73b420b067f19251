import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { ProxyConfig } from '../../src/index.js';
import { WorkerPool } from '../../src/workers/worker-pool.js';
import { buildProxy } from './built-proxy.js';

const config = ProxyConfig.parse({
  CONFIG_DIR: '/nowhere',
  PUBLIC_URL: 'https://localhost',
  TLS_CERT_FILE: 'tls.crt',
  TLS_KEY_FILE: 'tls.key',
  MASK_KEYS_FILE: 'mask-keys',
  WORKERS: '2',
  AGENT_MAX_STREAMS: '10',
});
let directory: string;
let log: string[] = [];
let pool: WorkerPool;

beforeAll(buildProxy);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-workers-'));
  log = [];
  const write = (line: string) => void log.push(line);
  const logger = createLogger('proxy', { destination: { write } });
  pool = new WorkerPool({
    config,
    logger,
    environment: { DIRECTORY: directory },
    entry: new URL('./fake-worker.mjs', import.meta.url),
    execArgv: [],
    stuckMs: 5_000,
  });
});

afterEach(async () => {
  await pool.onApplicationShutdown();
  await rm(directory, { recursive: true, force: true });
});

const ask = (what: string) => writeFile(join(directory, what), '');
const stop = (what: string) => rm(join(directory, what), { force: true });
const passes = (name: 'workers' | 'grants') => pool.checks()[name]();

describe('the workers of a gateway', () => {
  it('are ready when all of them are, and say together what they count', async () => {
    expect(passes('workers')).toBe(false);
    await pool.onApplicationBootstrap();
    expect(pool.address).toBe('https://localhost:4430');
    await eventually(() => expect(passes('grants')).toBe(true));
    expect(pool.figures()).toStrictEqual({ entered: 10 });
    await ask('lag-1');
    await eventually(() => expect(passes('grants')).toBe(false));
    expect(passes('workers')).toBe(true);
    await stop('lag-1');
    await eventually(() => expect(passes('grants')).toBe(true));
  });

  it('are replaced when they die, and what they had counted is taken back', async () => {
    await pool.onApplicationBootstrap();
    await eventually(() => expect(passes('workers')).toBe(true));
    // The first to start has all ten streams of the agent; the one that takes its place gets them again.
    await ask('crash-0');
    await eventually(() => expect(passes('workers')).toBe(false));
    await stop('crash-0');
    await eventually(() => expect(passes('workers')).toBe(true));
    await eventually(() => expect(pool.figures()).toStrictEqual({ entered: 10 }));
    expect(log.join('')).toContain('"reason":"exit code 3"');
  });

  it('are tried again more and more slowly when they die at once', async () => {
    await pool.onApplicationBootstrap();
    await ask('fail-1');
    await ask('crash-1');
    await eventually(() => {
      const pauses = log.flatMap((line) => {
        const { msg, retryMs } = JSON.parse(line) as { msg: string; retryMs?: number };
        return msg === 'a worker ended' && retryMs !== undefined ? [retryMs] : [];
      });
      expect(pauses.slice(0, 3)).toStrictEqual([250, 500, 1_000]);
    });
    expect(passes('workers')).toBe(false);
  });

  it('are replaced when they do nothing any more', async () => {
    await pool.onApplicationBootstrap();
    await ask('hang-1');
    await eventually(() => expect(log.join('')).toContain('a worker does not answer'));
    await stop('hang-1');
    await eventually(() => expect(passes('workers')).toBe(true));
  });

  it('that cannot start are a start that failed, for the reason they give', async () => {
    await ask('fail-1');
    await expect(pool.onApplicationBootstrap()).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: 'no good',
    });
  });
});
