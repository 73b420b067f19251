import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ChildWatch, eventually, sourceProgram } from '@drawbridge/testing';
import { afterEach, describe, expect, it } from 'vitest';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const good = { HTTP_PORT: '0', ON_REQUEST: 'answer', API_TOKEN: 'x'.repeat(20) };

function run(env: Readonly<Record<string, string>>) {
  const program = join(import.meta.dirname, 'sample-service.ts');
  const child = spawn(process.execPath, [...sourceProgram(program)], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const watch = new ChildWatch(child, { name: 'the service' });
  // Not its exit: what it wrote last may come after that.
  const exited = once(child, 'close').then(([code, signal]: unknown[]) => ({ code, signal }));
  return {
    child,
    exited,
    output: () => watch.output,
    address: () =>
      eventually(async () => {
        await watch.requireRunning();
        const address = /"http":"(http:[^"]+)"/.exec(watch.output)?.[1];
        if (address === undefined) throw new Error(`not started:\n${watch.lastWords}`);
        return address;
      }),
  };
}

describe('a service in its own process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'answers the request in progress when it gets %s, and ends with 0',
    async (signal) => {
      const service = run(good);
      const address = await service.address();
      const answer = fetch(`${address}/slow`);
      await eventually(() => expect(service.output()).toContain('a slow request'));
      service.child.kill(signal);
      expect(await (await answer).json()).toStrictEqual({ slow: true });
      expect(await service.exited).toStrictEqual({ code: 0, signal: null });
      expect(service.output()).toContain('"msg":"stopped"');
    },
  );

  it('ends with 78 and every bad variable, and tells no value', async () => {
    const service = run({ HTTP_PORT: 'x', ON_REQUEST: 'hunter2', API_TOKEN: 'hunter2' });
    expect(await service.exited).toStrictEqual({ code: 78, signal: null });
    for (const variable of ['HTTP_PORT', 'ON_REQUEST', 'API_TOKEN']) {
      expect(service.output()).toContain(variable);
    }
    expect(service.output()).not.toContain('hunter2');
  });

  it('ends with 1 when it cannot listen', async () => {
    const first = run(good);
    const { port } = new URL(await first.address());
    const second = run({ ...good, HTTP_PORT: port });
    expect(await second.exited).toStrictEqual({ code: 1, signal: null });
    expect(second.output()).toContain('another process uses it');
  });

  it.each(['reject', 'throw'])('ends with 1 and says why when nobody catches a %s', async (how) => {
    const service = run({ ...good, ON_REQUEST: how });
    const address = await service.address();
    await fetch(`${address}/slow`).catch(() => undefined);
    expect(await service.exited).toStrictEqual({ code: 1, signal: null });
    expect(service.output()).toContain('"msg":"crashed"');
  });

  it('writes nothing but JSON lines', async () => {
    const service = run(good);
    await service.address();
    service.child.kill('SIGTERM');
    await service.exited;
    const lines = service.output().trim().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ service: 'sample', level: 'info' });
    }
  });
});
