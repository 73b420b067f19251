import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, nativeTool } from '@drawbridge/testing';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
} from '../channels/channels-under-test.js';

const guardrail = `apiVersion: drawbridge.dev/v1alpha1
kind: Guardrail
metadata: { name: sessions }
spec:
  description: Of a test
  rules:
    - name: destructive
      match:
        apiGroups: ['']
        resources: [pods/exec]
        exec: { programs: [rm], commands: ['-\\w*r'] }
      action: deny
      reason: It destroys
      suggestion: Delete one file
    - name: shells
      match: { apiGroups: [''], resources: [pods/exec], exec: { interactive: true } }
      action: warn
      reason: Watched
    - name: careful
      match: { apiGroups: [''], resources: [pods/exec], exec: { programs: [whoami] } }
      action: warn
      reason: Nobody is "anybody" here
      suggestion: Ask first
    - name: noted
      match: { apiGroups: [''], resources: [pods/exec], exec: { programs: [uname] } }
      action: recordOnly
      reason: Of interest
    - name: hidden
      match: { apiGroups: [''], resources: [pods/exec], exec: { programs: [id] } }
      action: mask
      reason: Of interest too
`;

let world: ChannelsUnderTest;
let pinned: string;
let scratch: string;
let victim: string;
let victims = 0;

beforeAll(async () => {
  pinned = await nativeTool('kubectl');
  // Names that look drawn by chance would be masked, and no archive has them then.
  scratch = join(tmpdir(), `drawbridge-guarded-${process.pid}`);
  await mkdir(scratch);
  world = await startChannelsUnderTest();
  const before = world.gateway.log.length;
  await writeFile(join(world.gateway.directory, 'guardrail.yaml'), guardrail);
  await eventually(() => {
    expect(world.gateway.log.slice(before).join('')).toContain('configuration changed');
  });
});
beforeEach(async ({ skip }) => {
  // Its containers run commands of this machine.
  skip(world.cluster.controlPlane.kubelet === undefined, 'needs the simulated node');
  victims += 1;
  victim = join(scratch, `victim-${victims}`);
  await mkdir(victim);
});
afterAll(async () => {
  await world.stop();
  await rm(scratch, { recursive: true, force: true });
});

const endOf = (agent: ChannelAgent) =>
  eventually(async () => {
    const records = await world.gateway.records();
    const ends = records.filter((record) => record.type === 'CommandEnded');
    const end = ends.findLast((record) => record.grantId === agent.grantId);
    if (end?.statusCode !== 101) throw new Error('not ended yet');
    return end;
  });
const warning = 'Warning: guardrail sessions/careful: Nobody is "anybody" here; Ask first';
const cutByRule = { outcome: 'cut', reason: 'guardrail_denied', rule: 'sessions/destructive' };

describe.each([
  ['WebSocket', 'true'],
  ['SPDY', 'false'],
])('a session over %s', (_, on) => {
  let agent: ChannelAgent;
  beforeEach(async () => {
    agent = await world.agent({ kubectl: pinned, env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: on } });
  });

  /** Sends each piece when what the last one prints has come. */
  async function type(args: readonly string[], pieces: readonly (readonly [string, string])[]) {
    const running = agent.start(args);
    for (const [keys, printed] of pieces) {
      running.process.stdin?.write(keys);
      await eventually(() => {
        expect(running.out() + running.err()).toContain(printed);
      });
    }
    return running;
  }

  /** A shell on a terminal; a press resolves when what it prints has come. */
  function openTerminal() {
    const inner = `${pinned} exec -it web-0 -- sh`;
    const running = agent.start([], { program: ['script', '-qec', inner, '/dev/null'] });
    const press = async (keys: string, printed: string) => {
      running.process.stdin?.write(keys);
      await eventually(() => {
        expect(running.out()).toContain(printed);
      });
    };
    return { running, press };
  }

  it.each([
    ['as it is', (path: string) => ['rm', '-rf', path]],
    ['by a shell', (path: string) => ['sh', '-c', `cd /; rm -rf ${path}`]],
    [
      'behind wrappers',
      (path: string) => ['env', 'A=b', 'nohup', 'sh', '-ec', `"rm" -r'f' ${path}`],
    ],
    [
      'of which a part is known when it runs',
      (path: string) => ['sh', '-c', `x=-rf; rm $x ${path}`],
    ],
  ])('does not run a denied command: %s', async (_name, argv) => {
    const ran = await agent.run(['exec', 'web-0', '--', ...argv(victim)]);
    expect(ran.code).not.toBe(0);
    expect(ran.err).toContain('guardrail sessions/destructive denies this: It destroys.');
    expect(existsSync(victim)).toBe(true);
  });

  it('runs what is typed, and ends in front of a denied line', async () => {
    const running = await type(
      ['exec', '-i', 'web-0', '--', 'sh'],
      [
        ['echo on""e\n', 'one'],
        [`touch ${victim}/ran; rm -rf ${victim}/x\n`, 'guardrail sessions/destructive'],
      ],
    );
    const { err, code } = await running.ended;
    expect(code).not.toBe(0);
    expect(err).toContain('denies this: It destroys. Instead: Delete one file.');
    // The whole line, not only the command in it.
    expect(existsSync(join(victim, 'ran'))).toBe(false);
    expect(await endOf(agent)).toMatchObject(cutByRule);
  });

  it('warns once of what is typed, goes on, and records what was met', async () => {
    const running = await type(
      ['exec', '-i', 'web-0', '--', 'sh'],
      [
        ['whoami >/dev/null; echo on""e\n', 'one'],
        ['', `${warning}\n`],
        ['whoami >/dev/null; uname >/dev/null; echo tw""o\n', 'two'],
        ['id >/dev/null; echo thr""ee\n', 'three'],
      ],
    );
    running.process.stdin?.end();
    const { err, out, code } = await running.ended;
    expect(code).toBe(0);
    expect(out).toBe('one\ntwo\nthree\n');
    expect(err.split('sessions/careful')).toHaveLength(2);
    const { typed, rule, outcome } = await endOf(agent);
    expect({ typed, rule, outcome }).toStrictEqual({
      typed: [
        { rule: 'sessions/careful', action: 'warn' },
        { rule: 'sessions/noted', action: 'recordOnly' },
        { rule: 'sessions/hidden', action: 'mask' },
      ],
      rule: undefined,
      outcome: 'completed',
    });
  });

  it('warns on a terminal, and ends in front of a denied line all the same', async () => {
    const { running, press } = openTerminal();
    await press('echo t""wo\r', 'two');
    await press('whoami\r', warning);
    await press('echo thr""ee\r', 'three');
    await press(`rm -rf ${victim}\r`, 'guardrail sessions/destructive denies this');
    await running.ended;
    expect(await endOf(agent)).toMatchObject({
      ...cutByRule,
      typed: [{ rule: 'sessions/careful', action: 'warn' }],
    });
  });

  it.each([
    ['a line that the end of the input would end', (path: string) => `rm -rf ${path}`],
    ['lines that go together', (path: string) => `rm \\\n -rf ${path}\n`],
    ['one of many in one piece', (path: string) => `echo a\necho b\nrm -rf ${path}\necho c\n`],
    ['one in a pipe', (path: string) => `echo ${path} | xargs rm -rf\n`],
  ])('does not run %s', async (_name, script) => {
    const ran = await agent.run(['exec', '-i', 'web-0', '--', 'sh'], { input: script(victim) });
    expect(ran.err).toContain('guardrail sessions/destructive denies this');
    expect(existsSync(victim)).toBe(true);
    expect(await endOf(agent)).toMatchObject(cutByRule);
  });

  it('reads a terminal as the terminal does', async () => {
    const { running, press } = openTerminal();
    await press('echo t""wo\r', 'two');
    await press(`rm -rf ${victim}\x15echo thr""ee\r`, 'three');
    await press(`tm -rf ${victim}`, victim);
    running.process.stdin?.write('\x15rn\x7fm -rf ');
    await press(`${victim}\r`, 'guardrail sessions/destructive denies this');
    await running.ended;
    expect(existsSync(victim)).toBe(true);
    expect(await endOf(agent)).toMatchObject(cutByRule);
  });

  it('ends in front of a line that came out of the history', async () => {
    const inner = `${pinned} exec -it web-0 -- sh`;
    const running = agent.start([], { program: ['script', '-qec', inner, '/dev/null'] });
    running.process.stdin?.write('echo t""wo\r');
    await eventually(() => {
      expect(running.out()).toContain('two');
    });
    running.process.stdin?.write('\x1b[A\r');
    expect((await running.ended).out).toContain('It counts as met because');
    expect(await endOf(agent)).toMatchObject(cutByRule);
  });

  it('that attaches is watched too', async () => {
    const input = `rm -rf ${victim}\n`;
    const ran = await agent.run(['attach', '-i', 'web-0'], { input });
    expect(ran.err).toContain('guardrail sessions/destructive denies this');
    expect(existsSync(victim)).toBe(true);
  });

  it('leaves data alone that no shell reads, and counts the files of cp', async () => {
    const content = `rm -rf ${victim}\n`.repeat(10_000);
    const file = join(victim, 'file');
    await mkdir(join(victim, 'in-pod'));
    await writeFile(file, content);
    const there = await agent.run(['cp', file, `web-0:${victim}/in-pod/copy`]);
    expect(there.err).toBe('');
    expect(await endOf(agent)).toMatchObject({
      outcome: 'completed',
      transfers: [{ direction: 'upload', bytes: expect.any(Number) as number }],
    });
    const back = await agent.run(['cp', `web-0:${victim}/in-pod/copy`, join(victim, 'back')]);
    expect(back.code, back.err).toBe(0);
    const downloaded = await eventually(async () => {
      const { transfers = [] } = await endOf(agent);
      const [transfer] = transfers;
      expect(transfer?.direction).toBe('download');
      return transfer;
    });
    expect(downloaded?.bytes).toBeGreaterThan(content.length);
    expect(downloaded?.path).toContain('copy');
  });
});
