import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChildWatch, eventually, sourceProgram } from '@drawbridge/testing';
import { PolicyWorld, viewScope } from './policy-under-test.js';
import { alice, approved, given, withdrawn } from './story.js';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
let world: PolicyWorld;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  world = await PolicyWorld.start();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await world.stop();
});

/** The service as it is deployed: its own process, from main.ts. */
function startProcess(): ChildProcess {
  const child = spawn(process.execPath, sourceProgram(program), {
    env: { ...process.env, ...world.environment() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function started(child: ChildProcess): Promise<void> {
  const watch = new ChildWatch(child, { name: 'policy' });
  const isStarted = async () => {
    await watch.requireRunning();
    expect(watch.output).toContain('policy started');
  };
  await eventually(isStarted, { timeoutMs: 90_000 });
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('policy, killed again and again', () => {
  it('finishes every request once: none lost, none granted twice', async () => {
    const asked: Promise<string>[] = [];
    const enough = new AbortController();
    const asking = (async () => {
      while (!enough.signal.aborted) {
        asked.push(world.ask(asked.length % 2 === 0 ? { scope: viewScope } : {}));
        await delay(20);
      }
    })();
    for (let round = 0; round < 4; round += 1) {
      const child = startProcess();
      await started(child);
      // A little work, cut off at another moment each time.
      await delay(5 + round * 17);
      await kill(child);
    }
    enough.abort();
    await asking;
    const requestIds = await Promise.all(asked);
    await Promise.all(
      requestIds.map(async (requestId, index) => {
        if (index % 2 === 0) return;
        await world.append(requestId, given(alice));
      }),
    );

    const last = startProcess();
    await started(last);
    await world.settled();
    for (const [index, requestId] of requestIds.entries()) {
      const types = await world.types(requestId);
      expect(types.filter((type) => type === 'AccessRequestValidated')).toHaveLength(1);
      expect(types.filter((type) => type === 'GrantIssued')).toHaveLength(index % 2 === 0 ? 1 : 0);
    }
    expect(requestIds.length).toBeGreaterThan(20);
    const exit = once(last, 'exit');
    last.kill('SIGTERM');
    expect(await exit).toStrictEqual([0, null]);
  });

  it('grants what was approved while it was away, unless it was withdrawn', async () => {
    const first = startProcess();
    await started(first);
    const [kept, dropped] = await Promise.all([world.ask(), world.ask()]);
    for (const requestId of [kept, dropped])
      await world.until(requestId, 'AccessRequested', 'AccessRequestValidated');
    await kill(first);
    for (const requestId of [kept, dropped]) {
      await world.append(requestId, given(alice));
      await world.append(requestId, approved(alice));
    }
    await world.append(dropped, withdrawn);
    const second = startProcess();
    await started(second);
    await eventually(async () => expect(await world.types(kept)).toContain('GrantIssued'));
    await world.settled();
    expect(await world.types(dropped)).not.toContain('GrantIssued');
    await kill(second);
  });
});
