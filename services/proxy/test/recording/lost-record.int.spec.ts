import { COMMANDS_STREAM } from '@drawbridge/jetstream';
import { eventually, nativeTool } from '@drawbridge/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
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

beforeAll(async () => {
  kubectl = await nativeTool('kubectl');
  await buildProxy();
  world = await startChannelsUnderTest({
    launch: async (settings) => (gateway = await startBuiltProxy(settings)),
  });
});
beforeEach(({ skip }) => {
  skip(world.cluster.controlPlane.kubelet === undefined, 'needs the simulated node');
});
afterAll(() => world.stop());

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
});
