import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionChunk, SessionFrameCode } from '@drawbridge/contracts';
import { eventually, nativeTool } from '@drawbridge/testing';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
} from './channels/channels-under-test.js';
import { orderOf } from './recording/order-session.js';

const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const protocols = [
  { protocol: 'WebSocket', on: 'true' },
  { protocol: 'SPDY', on: 'false' },
];

let world: ChannelsUnderTest;
let kubectl: string;
let scratch: string;
let inPod: Server;

beforeAll(async () => {
  kubectl = await nativeTool('kubectl');
  scratch = await mkdtemp(join(tmpdir(), 'drawbridge-recorded-'));
  world = await startChannelsUnderTest();
  const { kubelet } = world.cluster.controlPlane;
  inPod = createServer((request, response) => response.end(request.url));
  await new Promise<void>((resolve) => inPod.listen(kubelet?.podPort ?? 0, '127.0.0.1', resolve));
});
beforeEach(({ skip }) => {
  // Its containers run commands of this machine.
  skip(world.cluster.controlPlane.kubelet === undefined, 'needs the simulated node');
});
afterAll(async () => {
  inPod.close();
  inPod.closeAllConnections();
  await world.stop();
  await rm(scratch, { recursive: true, force: true });
});

const agentOf = (on: string): Promise<ChannelAgent> =>
  world.agent({
    kubectl,
    env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: on, KUBECTL_PORT_FORWARD_WEBSOCKETS: on },
  });

const shell = (script: string, ...flags: readonly string[]) =>
  ['exec', ...flags, 'web-0', '--', 'sh', '-c', script] as const;

interface Recorded {
  readonly chunks: readonly SessionChunk[];
  /** Of all frames with these codes, put together. */
  text(...codes: readonly SessionFrameCode[]): string;
}

/** The recording of the last command of an agent that opened this kind of session, when it is complete. */
const recordingOf = (agent: ChannelAgent, subresource: string): Promise<Recorded> =>
  eventually(async () => {
    const started = (await world.gateway.records()).findLast(
      (record) =>
        record.type === 'CommandStarted' &&
        record.grantId === agent.grantId &&
        record.subresource === subresource,
    );
    const all = await world.gateway.recorded();
    const chunks = all.filter(({ commandId }) => commandId === started?.commandId);
    const last = chunks.find(({ final }) => final !== undefined);
    if (last?.final === undefined) throw new Error('not complete yet');
    expect(chunks.map(({ index }) => index).toSorted((a, b) => a - b)).toStrictEqual(
      Array.from({ length: last.final.chunks }, (_, index) => index),
    );
    const frames = chunks.toSorted((a, b) => a.index - b.index).flatMap((chunk) => chunk.frames);
    return {
      chunks,
      text: (...codes) =>
        frames.flatMap(([, code, data]) => (codes.includes(code) ? [data] : [])).join(''),
    };
  });

const markersOf = ({ chunks }: Recorded): readonly string[] =>
  chunks.flatMap(({ frames }) => frames).flatMap(([, code, data]) => (code === 'm' ? [data] : []));

const fileOf = (path: string, content: string) => ({
  ...{ path, kind: 'file', bytes: content.length },
  sha256: createHash('sha256').update(content).digest('hex'),
});

const fileWords = (direction: string, name: string, content: string): string =>
  `${direction} of file "${name}", ${content.length} bytes, mode 0644, sha256 ${createHash('sha256').update(content).digest('hex')}`;

const endOf = (agent: ChannelAgent) =>
  eventually(async () => {
    const record = (await world.gateway.records()).findLast(
      (candidate) =>
        candidate.type === 'CommandEnded' &&
        candidate.grantId === agent.grantId &&
        candidate.statusCode === 101,
    );
    if (record?.type !== 'CommandEnded') throw new Error('not ended yet');
    return record;
  });

describe.each(protocols)('recorded over $protocol', ({ on }) => {
  it('exec: what the client saw, masked, with its arguments and exit code', async () => {
    const agent = await agentOf(on);
    const ran = await agent.run(shell(`echo out ${TOKEN}; echo err >&2; exit 3`));
    expect(ran.code).toBe(3);
    const recorded = await recordingOf(agent, 'exec');
    expect(recorded.text('o')).toBe(ran.out);
    expect(recorded.text('o')).not.toContain(TOKEN);
    expect(recorded.text('e')).toBe('err\n');
    expect(recorded.text('x')).toBe('3');
    const { header } = recorded.chunks[0] ?? {};
    expect(header).toMatchObject({ version: 1, tty: false, stdin: false, kind: 'exec' });
    expect(header?.argv?.slice(0, 2)).toStrictEqual(['sh', '-c']);
    expect(JSON.stringify(recorded.chunks)).not.toContain(TOKEN);
  });

  it('exec: a secret that comes so slowly that its beginning was shown is recorded masked', async () => {
    const agent = await agentOf(on);
    const [begun, rest] = [TOKEN.slice(0, 22), TOKEN.slice(22)];
    const mark = join(scratch, agent.subject);
    const script = `printf 'id ${begun}'; until [ -e ${mark} ]; do sleep 0.05; done; echo '${rest}'; printf 'password: '; sleep 1.5; echo over`;
    const running = agent.start(shell(script), { input: '' });
    await eventually(() => expect(running.out()).toContain(begun));
    await writeFile(mark, '');
    const ran = await running.ended;
    expect(ran.out).not.toContain(rest);
    const recorded = await recordingOf(agent, 'exec');
    expect(recorded.text('o')).toMatch(/^id drawbridge:masked:github-token:\S+\n/);
    expect(recorded.text('o')).not.toContain(begun);
    expect(recorded.text('o')).not.toContain(rest);
    expect(recorded.text('x')).toBe('0');
  });

  it('exec -i: what it was given, masked, and bytes that are no text', async () => {
    const agent = await agentOf(on);
    const ran = await agent.run(shell(String.raw`cat >/dev/null; printf '\377\376!'`, '-i'), {
      input: `echo hello\nexport TOKEN=${TOKEN}\n`,
    });
    expect(ran.code).toBe(0);
    const recorded = await recordingOf(agent, 'exec');
    expect(recorded.text('i')).toContain('echo hello\n');
    expect(recorded.text('i')).not.toContain(TOKEN);
    expect(Buffer.from(recorded.text('o64'), 'base64')).toStrictEqual(
      Buffer.from([0xff, 0xfe, 0x21]),
    );
  });

  it('exec: much output at once is recorded whole, whoever waits for whom', async () => {
    const agent = await agentOf(on);
    const ran = await agent.run(shell('seq 1 300000'));
    const recorded = await recordingOf(agent, 'exec');
    expect(recorded.text('o') === ran.out).toBe(true);
  });

  it('exec -it: sizes, and what was typed as far as the terminal has shown it', async () => {
    const agent = await agentOf(on);
    const script =
      'echo line?; read line; stty -echo; echo password?; read password; stty echo; echo over $line';
    const inner = `stty cols 100 rows 30; ${kubectl} exec -it web-0 -- sh -c '${script}'`;
    const running = agent.start(shell(''), { program: ['script', '-qec', inner, '/dev/null'] });
    await eventually(() => expect(running.out()).toContain('line?'));
    running.process.stdin?.write('shown\r');
    await eventually(() => expect(running.out()).toContain('password?'));
    running.process.stdin?.write('hunter2\r');
    const { out } = await running.ended;
    expect(out).toContain('over shown');
    const recorded = await recordingOf(agent, 'exec');
    expect(recorded.text('r')).toContain('100x30');
    expect(recorded.text('i')).toContain('shown\r');
    expect(recorded.text('i')).toContain('[not shown]');
    expect(JSON.stringify(recorded.chunks)).not.toContain('hunter2');
    expect(recorded.text('o')).toContain('over shown\r\n');
  });

  it('cp: as transfers, with the hash of what left, and without the archive', async () => {
    const agent = await agentOf(on);
    const directory = await mkdtemp(join(scratch, 'copied-'));
    await mkdir(join(directory, 'in-pod'));
    await writeFile(join(directory, 'in-pod', 'file'), 'what the file says');
    const back = await agent.run(['cp', `web-0:${directory}/in-pod/file`, `${directory}/back`]);
    expect(back.code, back.err).toBe(0);
    const { transfers, archive } = await endOf(agent);
    expect(archive).toStrictEqual({
      direction: 'download',
      files: [fileOf(`${directory.slice(1)}/in-pod/file`, 'what the file says')],
    });
    expect(transfers).toMatchObject([{ direction: 'download' }]);
    expect(transfers?.[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(transfers?.[0]?.bytes).toBeGreaterThan(512);
    expect(transfers?.[0]?.sha256).not.toBe(createHash('sha256').digest('hex'));
    const recorded = await recordingOf(agent, 'exec');
    expect(recorded.text('o', 'o64')).toBe('');
    expect(recorded.text('m')).toContain(transfers?.[0]?.sha256);
    expect(markersOf(recorded)).toContain(
      fileWords('download', `${directory.slice(1)}/in-pod/file`, 'what the file says'),
    );
  });

  it('cp: with the hash of each file, either way, and names that are masked and harmless', async () => {
    const agent = await agentOf(on);
    const directory = await mkdtemp(join(scratch, 'files-'));
    const hostile = 'evil\u001b]0;title\u0007';
    const files = { one: 'the first', [hostile]: 'x', [TOKEN]: 'y', ['long'.repeat(50)]: 'z' };
    await mkdir(join(directory, 'tree'));
    await mkdir(join(directory, 'in-pod'));
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(directory, 'tree', name), content);
    }
    const sent = await agent.run(['cp', join(directory, 'tree'), `web-0:${directory}/in-pod`]);
    expect(sent.code, sent.err).toBe(0);
    const archive = await eventually(async () => {
      // Before it kubectl asks whether the directory is there.
      const found = await endOf(agent);
      expect(found.archive).toBeDefined();
      return found.archive;
    });
    expect(archive).toMatchObject({ direction: 'upload' });
    expect(archive?.files).toHaveLength(4);
    expect(archive?.files).toContainEqual(fileOf('tree/one', 'the first'));
    const paths = archive?.files.map(({ path }) => path).join('') ?? '';
    for (const hidden of ['\u001b', '\u0007', TOKEN]) expect(paths).not.toContain(hidden);
    const markers = markersOf(await recordingOf(agent, 'exec'));
    expect(markers).toContain(fileWords('upload', 'tree/one', 'the first'));
    expect(markers).toContain(fileWords('upload', `tree/${'long'.repeat(50)}`, 'z'));
    expect(markers.filter((marker) => marker.startsWith('upload of file'))).toHaveLength(4);
    expect(markers.join('')).not.toContain('\u001b');
    expect(markers.join('')).not.toContain('\u0007');
    expect(markers.join('')).not.toContain(TOKEN);
    expect(await readFile(join(directory, 'in-pod/tree/one'), 'utf8')).toBe('the first');
  });

  it('port-forward: as flows', async () => {
    const agent = await agentOf(on);
    const running = agent.start(['port-forward', 'web-0', ':80']);
    const port = await eventually(() => {
      const found = /127\.0\.0\.1:(\d+) ->/.exec(running.out())?.[1];
      if (found === undefined) throw new Error(`no port: ${running.out()}${running.err()}`);
      return found;
    });
    const answer = await fetch(`http://127.0.0.1:${port}/hello`);
    expect(await answer.text()).toBe('/hello');
    running.process.kill('SIGINT');
    await running.ended;
    const { flows } = await endOf(agent);
    expect(flows).toMatchObject([{ port: 80, connections: 1 }]);
    expect(flows?.[0]?.sent).toBeGreaterThan(20);
    expect(flows?.[0]?.received).toBeGreaterThan(20);
    const recorded = await recordingOf(agent, 'portforward');
    expect(recorded.text('m')).toContain('connection 1 to port 80 opened');
  });
});

const commandOf = (agent: ChannelAgent) =>
  eventually(async () => {
    const started = (await world.gateway.records()).findLast(
      (record) =>
        record.type === 'CommandStarted' &&
        record.grantId === agent.grantId &&
        record.subresource !== '',
    );
    if (started === undefined) throw new Error('not started yet');
    return started.commandId;
  });

describe.each(protocols)('what humans order, over $protocol', ({ on }) => {
  it('pauses a session both ways, lets it go on where it was, and cuts it with a reason', async () => {
    const agent = await agentOf(on);
    const running = agent.start(shell('echo ready; while read l; do echo got $l; done', '-i'));
    await eventually(() => expect(running.out()).toContain('ready'));
    const commandId = await commandOf(agent);
    await orderOf(world.gateway, 'SessionPaused', commandId);
    await eventually(() => expect(running.err()).toContain('bob has paused this session'));
    running.process.stdin?.write('one\n');
    await orderOf(world.gateway, 'SessionResumed', commandId);
    await eventually(() => expect(running.out()).toContain('got one'));
    // What was sent meanwhile passed behind the order to go on, and not before.
    await orderOf(world.gateway, 'SessionCut', commandId);
    const { code, err } = await running.ended;
    expect(code).toBe(1);
    expect(err).toContain('bob has ended this session: what is that?');
    expect(err).toContain('drawbridge session_cut');
    expect(await endOf(agent)).toMatchObject({ outcome: 'cut', reason: 'session_cut' });
    const recorded = await recordingOf(agent, 'exec');
    expect(recorded.text('e')).toContain('bob has paused this session');
    const order = recorded.chunks
      .toSorted((a, b) => a.index - b.index)
      .flatMap(({ frames }) => frames.map(([, , data]) => data))
      .join('');
    expect(order.indexOf('lets this session go on')).toBeLessThan(order.indexOf('got one'));
    expect(order.indexOf('lets this session go on')).toBeGreaterThan(-1);
  });
});

it('a log is recorded as it was read', async () => {
  const agent = await agentOf('true');
  const ran = await agent.run(['logs', 'web-0']);
  expect(ran.code, ran.err).toBe(0);
  const recorded = await recordingOf(agent, 'log');
  expect(recorded.text('o')).toBe(ran.out);
  expect(recorded.chunks[0]?.header).toMatchObject({ kind: 'log', tty: false });
});

describe('of a log that is long', () => {
  const lines = 3_000;
  beforeAll(async () => {
    const file = world.cluster.controlPlane.kubelet?.containerLog;
    if (file === undefined) return;
    const line = `2026-01-01T00:00:01.000000000Z stdout F ${'long '.repeat(10)}\n`;
    await appendFile(file, line.repeat(lines));
  });
  const keep = (recording: string) => world.connect({ recording });
  const read = async () => {
    const agent = await agentOf('true');
    const { out } = await agent.run(['logs', 'web-0']);
    expect(out.length).toBeGreaterThan(lines * 50);
    return { out, agent };
  };

  it('a sample is kept, which says how much is missing', async () => {
    const { out, agent } = await read();
    const recorded = await recordingOf(agent, 'log');
    const kept = recorded.text('o');
    expect(out.startsWith(kept.slice(0, 30_000))).toBe(true);
    expect(kept.length).toBeLessThan(out.length / 2);
    const missing = [...recorded.text('m').matchAll(/(\d+) bytes left out/g)];
    const left = missing.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    expect(kept.length + left).toBe(out.length);
    expect(recorded.chunks.some(({ final }) => final?.cut === 'sampled')).toBe(true);
  });

  it('all of it is kept where the connection says so, and nothing where it says that', async () => {
    await keep('{ logs: full }');
    await eventually(async () => {
      const { out, agent } = await read();
      const recorded = await recordingOf(agent, 'log');
      expect(recorded.text('o') === out).toBe(true);
      expect(recorded.chunks.some(({ final }) => final?.cut !== undefined)).toBe(false);
    });
    await keep('{ logs: none }');
    await eventually(async () => {
      const { agent } = await read();
      const { commandId } = await endOfLog(agent);
      const all = await world.gateway.recorded();
      expect(all.filter((chunk) => chunk.commandId === commandId)).toStrictEqual([]);
    });
  });
});

const endOfLog = (agent: ChannelAgent) =>
  eventually(async () => {
    const record = (await world.gateway.records()).findLast(
      (one) => one.type === 'CommandEnded' && one.grantId === agent.grantId,
    );
    if (record === undefined) throw new Error('not ended yet');
    return record;
  });
