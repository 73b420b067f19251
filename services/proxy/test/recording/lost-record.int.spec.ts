import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { COMMANDS_STREAM } from '@drawbridge/jetstream';
import { eventually, nativeTool } from '@drawbridge/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
  type Running,
} from '../channels/channels-under-test.js';
import { buildProxy, startBuiltProxy, type BuiltProxy } from '../workers/built-proxy.js';
import { endOfCall, recordedOf, startedBy, wholeRecordingOf } from './order-session.js';

/** What of a session may have passed without being acknowledged (docs/recording.md), and the chunk that reaches it. */
const NOT_ACKNOWLEDGED = 262_144 + 16_384 + 65_536;
const protocols = [
  { protocol: 'WebSocket', on: 'true' },
  { protocol: 'SPDY', on: 'false' },
];

let world: ChannelsUnderTest;
let kubectl: string;
let gateway: BuiltProxy;
let inPod: Server;

beforeAll(async () => {
  kubectl = await nativeTool('kubectl');
  await buildProxy();
  world = await startChannelsUnderTest({
    launch: async (settings) => (gateway = await startBuiltProxy(settings)),
  });
  inPod = createServer((socket) => socket.on('error', () => undefined).end('hello'));
  const { kubelet } = world.cluster.controlPlane;
  await new Promise<void>((resolve) => inPod.listen(kubelet?.podPort ?? 0, '127.0.0.1', resolve));
});
beforeEach(({ skip }) => {
  skip(world.cluster.controlPlane.kubelet === undefined, 'needs the simulated node');
});
afterAll(async () => {
  inPod.close();
  await world.stop();
});

const agentOf = (on: string): Promise<ChannelAgent> =>
  world.agent({ kubectl, env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: on } });
const shell = (script: string) => ['exec', 'web-0', '--', 'sh', '-c', script];
const execOf = (agent: ChannelAgent) => startedBy(world.gateway, agent, 'create pods/exec');

/** Ends the gateway as a machine that fails would, and starts another one. */
async function killGateway(): Promise<void> {
  process.kill(gateway.pid, 'SIGKILL');
  await world.gateway.startProxy();
}

/** It can be read up to where it ends, and nothing says that this is the end. */
async function expectUnfinished(commandId: string): Promise<void> {
  const { chunks } = await recordedOf(world.gateway, commandId);
  expect(chunks.map(({ index }) => index)).toStrictEqual([...chunks.keys()]);
  expect(chunks.filter(({ final }) => final !== undefined)).toStrictEqual([]);
  const ends = (await world.gateway.records()).filter(({ type }) => type === 'CommandEnded');
  expect(ends.filter((end) => end.commandId === commandId)).toStrictEqual([]);
}

describe.each(protocols)('a gateway that is killed in a session over $protocol', ({ on }) => {
  it('leaves what was shown, without an end', async () => {
    const agent = await agentOf(on);
    const running = agent.start(shell('echo shown; sleep 1000'));
    await eventually(() => expect(running.out()).toBe('shown\n'));
    const commandId = await execOf(agent);
    // It leaves by itself: nothing more has to pass.
    await eventually(async () =>
      expect((await recordedOf(world.gateway, commandId)).text('o')).toBe('shown\n'),
    );
    await killGateway();
    // Over SPDY kubectl takes a connection that is gone for an end, and says 0.
    await running.ended;
    expect((await recordedOf(world.gateway, commandId)).text('o')).toBe('shown\n');
    await expectUnfinished(commandId);
  });

  it('has shown no more than the bound of what is not recorded, however much passes', async () => {
    const agent = await agentOf(on);
    const running = agent.start(shell('seq 1 100000000'));
    await eventually(() => expect(running.out().length).toBeGreaterThan(3_000_000));
    const commandId = await execOf(agent);
    await killGateway();
    await running.ended;
    const shown = running.out();
    const recorded = (await recordedOf(world.gateway, commandId)).text('o');
    expect(shown.length - recorded.length).toBeLessThanOrEqual(NOT_ACKNOWLEDGED);
    const common = Math.min(shown.length, recorded.length);
    expect(shown.slice(0, common) === recorded.slice(0, common)).toBe(true);
    await expectUnfinished(commandId);
  });
});

/** What the stream may hold, in bytes; -1 is without a limit. */
async function limitStream(max_bytes: number): Promise<void> {
  const { streams } = world.gateway.bus.manager;
  await streams.update(COMMANDS_STREAM, { max_bytes });
}

const failures = [
  {
    failure: 'NATS is away',
    begin: () => world.gateway.nats.kill(),
    end: () => world.gateway.nats.restart(),
  },
  {
    failure: 'the stream is full',
    begin: async () => {
      const { state } = await world.gateway.bus.manager.streams.info(COMMANDS_STREAM);
      await limitStream(state.bytes + 1);
    },
    end: () => limitStream(-1),
  },
];

interface LongStream {
  readonly stream: string;
  readonly args: readonly string[];
  readonly call: string;
  /** Makes more of it pass. */
  readonly more: (running: Running) => Promise<unknown>;
}

const logFile = () => world.cluster.controlPlane.kubelet?.containerLog ?? '';

/** That somebody connects is on the record. */
function touchPort({ out }: Running): Promise<unknown> {
  const port = /127\.0\.0\.1:(\d+) ->/.exec(out())?.[1];
  if (port === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.end('hello'));
    socket.on('error', resolve);
    socket.on('close', resolve);
    setTimeout(() => socket.destroy(), 500);
  });
}

describe.each(failures)('when $failure', ({ begin, end }) => {
  it.each(protocols)(
    'a session over $protocol ends with the reason, and what was shown is recorded later',
    async ({ on }) => {
      const agent = await agentOf(on);
      const running = agent.start(shell('while echo tick; do sleep 0.1; done'));
      await eventually(() => expect(running.out()).toContain('tick'));
      const commandId = await execOf(agent);
      await begin();
      try {
        const { code, err } = await running.ended;
        expect(code).toBe(1);
        expect(err).toContain('record_unavailable');
        const next = await agent.run(shell('echo not recorded'));
        expect(next).toMatchObject({ code: 1, out: '' });
        expect(next.err).toMatch(/record_unavailable|proxy_not_ready/);
      } finally {
        await end();
      }
      expect(await endOfCall(world.gateway, commandId)).toMatchObject({
        ...{ outcome: 'cut', reason: 'record_unavailable' },
      });
      const recorded = await wholeRecordingOf(world.gateway, commandId);
      expect(recorded.text('o').startsWith(running.out())).toBe(true);
      expect(recorded.chunks.at(-1)?.final?.cut).toMatch(/^command_log_/);
      // Calls are taken again.
      await eventually(async () => {
        expect((await agent.run(shell('echo again'))).out).toBe('again\n');
      });
    },
  );

  /** Everything else that passes for long. */
  const streams: readonly LongStream[] = [
    {
      stream: 'a log that is followed',
      args: ['logs', '-f', 'web-0'],
      call: 'get pods/log',
      more: () => appendFile(logFile(), '2026-01-01T00:00:01.000000000Z stdout F tick\n'),
    },
    {
      stream: 'a watch',
      args: ['get', 'configmaps', '--watch', '-o', 'name'],
      call: 'watch configmaps',
      more: async () => {
        const metadata = { name: `tick-${randomUUID()}`, namespace: 'payments' };
        await world.cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
      },
    },
    {
      stream: 'an attach',
      args: ['attach', 'web-0', '-i'],
      call: 'create pods/attach',
      more: ({ process: { stdin } }) => Promise.resolve(stdin?.write('echo tick\n')),
    },
    {
      stream: 'a forwarded port',
      args: ['port-forward', 'web-0', ':80'],
      call: 'create pods/portforward',
      more: touchPort,
    },
  ];

  it.each(streams)('$stream ends with the reason, and nothing of it is lost', async (long) => {
    const agent = await agentOf('true');
    const running = agent.start(long.args);
    const commandId = await startedBy(world.gateway, agent, long.call);
    let isOver = false;
    void running.ended.then(() => (isOver = true));
    await eventually(async () => {
      await long.more(running);
      expect((await recordedOf(world.gateway, commandId)).chunks).not.toStrictEqual([]);
    });
    await begin();
    try {
      // It is found out by what passes.
      await eventually(async () => {
        await long.more(running);
        expect(isOver).toBe(true);
      });
    } finally {
      await end();
    }
    const ended = await endOfCall(world.gateway, commandId);
    expect(ended).toMatchObject({ outcome: 'cut', reason: 'record_unavailable' });
    const recorded = await wholeRecordingOf(world.gateway, commandId);
    expect(recorded.chunks.at(-1)?.final?.cut).toMatch(/^command_log_/);
    expect(recorded.text('m')).toContain('drawbridge: record_unavailable');
    // What was shown is in it; of a forwarded port no byte is.
    if (long.call === 'get pods/log') {
      // The last line is ours, and a marker in the record.
      const [shown = '', why] = running.out().split('drawbridge record_unavailable: ');
      expect(why).toMatch(/^[^\n]+\n$/);
      expect(recorded.text('o').startsWith(shown)).toBe(true);
    }
    await eventually(async () => {
      expect((await agent.run(shell('echo again'))).out).toBe('again\n');
    });
  });
});
