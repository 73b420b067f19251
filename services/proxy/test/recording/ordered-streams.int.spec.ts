import { appendFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { RUNNING_SESSION_SUBJECT } from '@drawbridge/jetstream';
import { eventually, nativeTool } from '@drawbridge/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
  type Running,
} from '../channels/channels-under-test.js';
import { endOfCall, orderOf, recordedOf, startedBy, wholeRecordingOf } from './order-session.js';

/** How long is looked that nothing passes. It can only be too short to find a fault, never fail without one. */
const QUIET_MS = 1_500;

let world: ChannelsUnderTest;
let kubectl: string;
let inPod: Server;
/** What has reached the pod. */
let reached = '';

beforeAll(async () => {
  kubectl = await nativeTool('kubectl');
  world = await startChannelsUnderTest({
    connection: { recording: '{ watches: full, logs: full }' },
  });
  inPod = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      reached += bytes.toString();
      socket.write(`echo ${bytes.toString()}`);
    });
  });
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
  world.agent({ kubectl, env: { KUBECTL_PORT_FORWARD_WEBSOCKETS: on } });

const order = (type: Parameters<typeof orderOf>[1], commandId: string) =>
  orderOf(world.gateway, type, commandId);

/** The order is carried out when the recording says so. */
const isRecorded = (commandId: string, text: string) =>
  eventually(async () => {
    expect((await recordedOf(world.gateway, commandId)).text('m')).toContain(text);
  });

async function forwarded(running: Running): Promise<{ socket: Socket; got: () => string }> {
  const port = await eventually(() => {
    const found = /127\.0\.0\.1:(\d+) ->/.exec(running.out())?.[1];
    if (found === undefined) throw new Error(`no port: ${running.out()}${running.err()}`);
    return Number(found);
  });
  const socket = connect(port, '127.0.0.1');
  let got = '';
  socket.on('data', (bytes) => (got += bytes.toString()));
  socket.on('error', () => undefined);
  return { socket, got: () => got };
}

describe.each([
  { protocol: 'WebSocket', on: 'true' },
  { protocol: 'SPDY', on: 'false' },
])('a forwarded port over $protocol', ({ on, protocol }) => {
  it('is paused both ways, goes on where it was, and is cut', async () => {
    const agent = await agentOf(on);
    const running = agent.start(['port-forward', 'web-0', ':80']);
    const { socket, got } = await forwarded(running);
    socket.write(`${protocol} one;`);
    await eventually(() => expect(got()).toContain(`echo ${protocol} one;`));
    const commandId = await startedBy(world.gateway, agent, 'create pods/portforward');
    await order('SessionPaused', commandId);
    await isRecorded(commandId, 'bob has paused this session: what is that?');
    socket.write(`${protocol} two;`);
    await delay(QUIET_MS);
    expect(reached).not.toContain(`${protocol} two;`);
    expect(got()).not.toContain('two');
    await order('SessionResumed', commandId);
    await eventually(() => expect(got()).toContain(`echo ${protocol} two;`));
    await order('SessionCut', commandId);
    await eventually(() => expect(socket.closed).toBe(true));
    running.process.kill('SIGINT');
    await running.ended;
    expect(await endOfCall(world.gateway, commandId)).toMatchObject({
      outcome: 'cut',
      reason: 'session_cut',
      flows: [{ port: 80, connections: 1 }],
    });
    const recorded = await wholeRecordingOf(world.gateway, commandId);
    expect(recorded.text('m')).toMatch(
      /paused this session.*lets this session go on.*has ended this session.*drawbridge: session_cut/s,
    );
    // Nobody who forwards a port is shown anything.
    expect(recorded.text('e', 'o')).toBe('');
  });
});

it('a log that is followed is paused, goes on where it was, and is cut with a reason', async () => {
  const file = world.cluster.controlPlane.kubelet?.containerLog ?? '';
  const say = (line: string) =>
    appendFile(file, `2026-01-01T00:00:01.000000000Z stdout F ${line}\n`);
  await say('before');
  const agent = await agentOf('true');
  const running = agent.start(['logs', '-f', 'web-0']);
  await eventually(() => expect(running.out()).toContain('before'));
  const commandId = await startedBy(world.gateway, agent, 'get pods/log');
  await order('SessionPaused', commandId);
  await isRecorded(commandId, 'bob has paused this session');
  await say('meanwhile');
  await delay(QUIET_MS);
  expect(running.out()).not.toContain('meanwhile');
  await order('SessionResumed', commandId);
  await eventually(() => expect(running.out()).toContain('meanwhile'));
  await order('SessionCut', commandId);
  const { code, err } = await running.ended;
  expect({ code, err }).toMatchObject({ code: 1 });
  expect(await endOfCall(world.gateway, commandId)).toMatchObject({
    outcome: 'cut',
    reason: 'session_cut',
  });
  const recorded = await wholeRecordingOf(world.gateway, commandId);
  // The last line is ours, and a marker in the record.
  const lastLine = 'drawbridge session_cut: a human has ended this session\n';
  expect(`${recorded.text('o')}${lastLine}`).toBe(running.out());
  expect(recorded.text('m')).toMatch(/paused.*lets this session go on.*has ended.*session_cut/s);
});

it('a watch is paused, goes on where it was, and is cut with a reason', async () => {
  const make = (name: string) =>
    world.cluster.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'payments' },
    });
  await make('before');
  const agent = await agentOf('true');
  const watching = ['get', 'configmaps', '--watch', '-o', 'name'];
  const running = agent.start(watching);
  const commandId = await startedBy(world.gateway, agent, 'watch configmaps');
  await make('first');
  await eventually(() => expect(running.out()).toContain('configmap/first'));
  await order('SessionPaused', commandId);
  await isRecorded(commandId, 'bob has paused this session');
  await make('meanwhile');
  await delay(QUIET_MS);
  expect(running.out()).not.toContain('meanwhile');
  await order('SessionResumed', commandId);
  await eventually(() => expect(running.out()).toContain('configmap/meanwhile'));
  await order('SessionCut', commandId);
  // As kubectl prints the Status that ends a watch.
  expect((await running.ended).out).toContain('status/<unknown>\n');
  expect(await endOfCall(world.gateway, commandId)).toMatchObject({
    outcome: 'cut',
    reason: 'session_cut',
  });
  const recorded = await wholeRecordingOf(world.gateway, commandId);
  expect(recorded.text('m')).toMatch(/paused.*lets this session go on.*has ended.*session_cut/s);
});

describe('asked whether a session runs', () => {
  const ask = (question: unknown, timeout = 20_000) =>
    world.gateway.bus.nats
      .request(RUNNING_SESSION_SUBJECT, JSON.stringify(question), { timeout })
      .then((answer): unknown => answer.json());

  it('the gateway that has it says by which grant, as soon as its record begins', async () => {
    const agent = await agentOf('true');
    const running = agent.start(['exec', '-i', 'web-0', '--', 'cat']);
    const commandId = await startedBy(world.gateway, agent, 'create pods/exec');
    const question = { commandId, connection: 'prod' };
    expect(await ask(question)).toStrictEqual({ grantId: agent.grantId });
    for (const wrong of [
      { ...question, connection: 'other' },
      { ...question, more: 1 },
      { ...question, commandId: 'x' },
      'x',
    ]) {
      await expect(ask(wrong, 300)).rejects.toThrow(/timeout/i);
    }
    running.process.stdin?.end();
    await running.ended;
    await endOfCall(world.gateway, commandId);
    await expect(ask(question, 300)).rejects.toThrow(/timeout/i);
  });
});
