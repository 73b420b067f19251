import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceProcess } from './service-process.js';

let directory: string;
let health: string;
let service: ServiceProcess;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-service-process-'));
  health = `http://127.0.0.1:${await freePort()}`;
});
afterEach(async () => {
  await service.stop();
  rmSync(directory, { recursive: true });
});

/** Answers with `STATUS`. */
const LISTEN = `
  const { createServer } = await import('node:http');
  const answer = (_, response) => response.writeHead(Number(process.env.STATUS)).end('the bus is away');
  createServer(answer).listen(Number(process.env.PORT), '127.0.0.1');
`;
const TAKEN = `console.error('listen EADDRINUSE: address already in use'); process.exit(1);`;
const BROKEN = `await import('./missing.mjs');`;

/** One program at its first start, another one at every later one. */
const firstThen = (first: string, later: string) => `
  const { existsSync, writeFileSync } = await import('node:fs');
  const mark = '${directory}/started';
  const isFirst = !existsSync(mark);
  writeFileSync(mark, '');
  if (isFirst) { ${first} } else { ${later} }
`;

function start(program: string, env: Readonly<Record<string, string>> = {}): void {
  const main = join(directory, 'main.mjs');
  writeFileSync(main, program);
  const all = { PORT: new URL(health).port, STATUS: '200', ...env };
  service = new ServiceProcess({ name: 'audit', main, env: all, health });
  service.start();
}

/** The message with which it fails. */
async function failure(ready: Promise<void>): Promise<string> {
  const error: unknown = await ready.catch((cause: unknown) => cause);
  return error instanceof Error ? error.message : 'it became ready';
}

describe('waiting for a service', () => {
  it('fails at once when it has ended, and says how and its last words', async () => {
    start(BROKEN);
    const message = await failure(service.ready());
    expect(message).toContain('audit has ended (exit code 1)');
    expect(message).toContain('ERR_MODULE_NOT_FOUND');
    expect(message).toContain('missing.mjs');
  });

  it('fails at once when it was killed, and says by which signal', async () => {
    start(`process.kill(process.pid, 'SIGTERM');`);
    expect(await failure(service.ready())).toContain('audit has ended (SIGTERM)');
  });

  it('says its last words only, and none of its secrets', async () => {
    const many = `for (let n = 0; n < 5_000; n += 1) console.log('line ' + n);`;
    const last = `console.error('with ' + process.env.API_TOKEN); process.exitCode = 3;`;
    start(`${many} ${last}`, { API_TOKEN: 'hunter2' });
    const message = await failure(service.ready());
    expect(message).toContain('(exit code 3)');
    expect(message).toContain('line 4999');
    expect(message).not.toContain('line 4900');
    expect(message).toContain('with <API_TOKEN>');
    expect(message).not.toContain('hunter2');
  });

  it('starts it again when its port was taken', async () => {
    start(firstThen(TAKEN, LISTEN));
    await service.ready();
    expect(service.isDead).toBe(false);
    expect(service.output).toContain('EADDRINUSE');
  });

  it('does not start it again for a port that was taken at an earlier start', async () => {
    start(firstThen(TAKEN, BROKEN));
    expect(await failure(service.ready())).toContain('ERR_MODULE_NOT_FOUND');
  });

  it('says what it answered last when it is not ready in time', async () => {
    start(LISTEN, { STATUS: '503' });
    await eventually(() => fetch(health));
    const message = await failure(service.ready({ timeoutMs: 0 }));
    expect(message).toContain('audit was not ready after 0 s: /readyz answers 503 the bus is away');
  });

  it('says that nobody answered when it is not ready in time', async () => {
    start('setInterval(() => undefined, 1_000);');
    const message = await failure(service.ready({ timeoutMs: 0 }));
    expect(message).toContain('/readyz does not answer (connect ECONNREFUSED');
  });
});
