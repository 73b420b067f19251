import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '@drawbridge/embedded';
import { afterEach, describe, expect, it } from 'vitest';
import { AuditProcess } from '../ingest/audit-process.js';
import { StandIns } from '../life/stand-ins.js';
import { BenchProcess } from '../machine/bench-process.js';
import { waitForAnswer } from './wait-for-answer.js';

const started: BenchProcess[] = [];
afterEach(async () => {
  for (const each of started.splice(0)) await each.stop();
});

async function run(script: string): Promise<BenchProcess> {
  const options = { command: process.execPath, args: ['-e', script], cores: [] };
  const running = await BenchProcess.start(options);
  started.push(running);
  return running;
}

describe('a process of the bench', () => {
  it('that has ended is not waited for', async () => {
    const running = await run('console.error("no such file"); process.exitCode = 7');
    const answer = waitForAnswer(`http://127.0.0.1:${await freePort()}`, running);
    await expect(answer).rejects.toThrow(/has ended \(exit code 7\):\nno such file/);
  });

  it('that was killed is not waited for', async () => {
    const running = await run('process.kill(process.pid, "SIGKILL")');
    const answer = waitForAnswer(`http://127.0.0.1:${await freePort()}`, running);
    await expect(answer).rejects.toThrow('has ended (SIGKILL)');
  });

  it('that takes too long: what it answered last', async () => {
    const server = createServer((_, answer) => answer.writeHead(503).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const running = await run('setInterval(() => undefined, 1_000)');
    const answer = waitForAnswer(`http://127.0.0.1:${port}`, running, { deadlineMs: 0 });
    await expect(answer).rejects.toThrow('answered last: 503');
    server.close();
  });

  // Only what is built has these programs.
  it('is not waited for either where it is audit, or the stand-ins', async () => {
    const audit = await AuditProcess.start('nats://127.0.0.1:1', '/nonexistent');
    await expect(audit.ready()).rejects.toThrow(/audit has ended \(exit code 1\):[^]*audit-main/);
    await audit.stop();
    const standIns = StandIns.start({ issuers: [] } as never);
    await expect(standIns).rejects.toThrow(/has ended \(exit code 1\):[^]*stand-ins-main/);
  });
});
