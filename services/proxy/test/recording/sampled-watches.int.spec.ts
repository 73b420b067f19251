import { eventually, nativeTool } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
} from '../channels/channels-under-test.js';
import { endOfCall, recordedOf, startedBy, wholeRecordingOf } from './order-session.js';

const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const MANY = 60;
const path = '/connections/prod/api/v1/namespaces/payments/configmaps?watch=1&timeoutSeconds=1';
let world: ChannelsUnderTest;
let kubectl: string;

beforeAll(async () => {
  kubectl = await nativeTool('kubectl');
  world = await startChannelsUnderTest();
});
afterAll(() => world.stop());

let made = 0;
/** Makes objects of a kilobyte each, with a secret in them. */
async function makeMany(): Promise<string> {
  for (let n = 0; n < MANY; n += 1) {
    made += 1;
    const object = {
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: { name: `many-${made}`, namespace: 'payments' },
      data: { words: 'some words '.repeat(90), token: TOKEN },
    };
    await world.cluster.create(object);
  }
  return `many-${made}`;
}

/** Watches as kubectl does until the last object was shown, and ends it. */
async function watched(agent: ChannelAgent) {
  const running = agent.start(['get', 'configmaps', '--watch', '-o', 'name']);
  const commandId = await startedBy(world.gateway, agent, 'watch configmaps');
  const last = await makeMany();
  await eventually(() => expect(running.out()).toContain(`configmap/${last}\n`));
  running.process.kill('SIGINT');
  await running.ended;
  const { responseBytes } = await endOfCall(world.gateway, commandId);
  return { out: running.out(), commandId, responseBytes };
}

const eventsIn = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } });

describe('a watch with many events', () => {
  it('is kept as a sample of whole events, which says how many are missing', async () => {
    const agent = await world.agent({ kubectl });
    const { commandId, responseBytes } = await watched(agent);
    const recorded = await wholeRecordingOf(world.gateway, commandId);
    const { chunks } = recorded;
    expect(chunks[0]?.header).toMatchObject({ kind: 'watch' });
    expect(chunks.at(-1)?.final?.cut).toBe('sampled');
    const kept = eventsIn(recorded.text('o'));
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.length).toBeLessThan(MANY);
    const missing = [...recorded.text('m').matchAll(/(\d+) bytes left out, of (\d+) lines/g)];
    const sum = (which: number) => missing.reduce((all, found) => all + Number(found[which]), 0);
    expect(kept.length + sum(2)).toBeGreaterThanOrEqual(MANY);
    expect(recorded.text('o').length + sum(1)).toBe(responseBytes);
    expect(JSON.stringify(chunks)).not.toContain(TOKEN);
  });

  it('is kept with all events, or none, where the connection says so', async () => {
    const { subject } = await world.agent({ kubectl });
    const token = world.gateway.issuer.token({ sub: subject });
    const kept = async () => {
      const { body, headers } = await world.gateway.call(path, { token });
      // The objects of before are its first events.
      expect(eventsIn(body).length).toBeGreaterThanOrEqual(MANY);
      const commandId = String(headers['audit-id']);
      await endOfCall(world.gateway, commandId);
      return { body, commandId };
    };
    await world.connect({ recording: '{ watches: full }' });
    await eventually(async () => {
      const { body, commandId } = await kept();
      const recorded = await wholeRecordingOf(world.gateway, commandId);
      const { chunks } = recorded;
      expect(recorded.text('o') === body).toBe(true);
      expect(chunks.at(-1)?.final?.cut).toBeUndefined();
      expect(body).not.toContain(TOKEN);
    });
    await world.connect({ recording: '{ watches: none }' });
    await eventually(async () => {
      const { commandId } = await kept();
      expect((await recordedOf(world.gateway, commandId)).chunks).toStrictEqual([]);
    });
  });
});
