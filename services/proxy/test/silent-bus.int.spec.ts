import { request } from 'node:https';
import { createLogger } from '@drawbridge/runtime';
import { eventually, startNatsRelay, type NatsRelay } from '@drawbridge/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { ProxyConfig, startProxy } from '../src/index.js';
import { startGatewayToProd } from './gateway-to-prod.js';
import { statusOf, type Gateway } from './gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

/* T26: a bus that takes connections and messages, answers pings, and acknowledges nothing. */

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const Readiness = z.object({
  checks: z.record(z.string(), z.boolean()),
  figures: z.record(z.string(), z.number()),
});
const patient = { timeoutMs: 40_000 };
let upstream: RecordingUpstream;
let relay: NatsRelay;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    connection: { recording: '{ before: false }' },
    launch: async ({ NATS_URL = '', ...settings }) => {
      relay = await startNatsRelay(NATS_URL);
      const config = ProxyConfig.parse({ ...settings, NATS_URL: relay.url });
      return startProxy(config, {
        logger: createLogger('proxy', { level: 'fatal' }),
        environment: {},
      });
    },
  });
  await gateway.grant();
  await eventually(async () => expect((await gateway.call(pods)).status).toBe(200));
});
afterEach(async () => {
  relay.restore();
  await gateway.close();
  await relay.close();
  await upstream.close();
});

const readiness = async () =>
  Readiness.parse(await (await fetch(`${gateway.health}/readyz`)).json());

it('forwards nothing, says why, keeps no more than it may, and goes on by itself', async () => {
  upstream.answer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    // One call is under way when the bus falls silent.
    if (request.url?.includes('slow') === true) held = response;
    else response.end('{"kind":"Pod"}');
  });
  let held: { end: (text: string) => void } | undefined;
  const slow = gateway.call(`${pods}/slow`);
  await eventually(() => expect(held).toBeDefined());
  const before = upstream.received.length;
  relay.silence();

  const first = await gateway.call(pods, { method: 'POST', body: '{}' });
  expect([first.status, statusOf(first).cause]).toStrictEqual([503, 'record_unavailable']);
  await eventually(async () => {
    const { checks, figures } = await readiness();
    expect(checks['recording']).toBe(false);
    expect(figures['commandLogUnavailable']).toBe(1);
  }, patient);
  // Its end is kept, since it has happened.
  held?.end('{"kind":"Pod"}');
  expect((await slow).status).toBe(200);

  const flood = await Promise.all(Array.from({ length: 300 }, () => gateway.call(pods)));
  expect(new Set(flood.map(({ status }) => status))).toStrictEqual(new Set([503]));
  for (const answer of flood) {
    const { cause } = statusOf(answer);
    expect(['record_unavailable', 'proxy_not_ready', 'too_many_calls']).toContain(cause);
  }
  expect(upstream.received).toHaveLength(before);
  expect((await readiness()).figures['recordsWaiting']).toBeLessThanOrEqual(10_000);

  relay.restore();
  await eventually(async () => expect((await gateway.call(pods)).status).toBe(200), patient);
  await eventually(async () => {
    const records = await gateway.records();
    const of = (type: string) =>
      records.filter((record) => record.type === type).map(({ commandId }) => commandId);
    const [started, ended] = [of('CommandStarted'), of('CommandEnded')];
    expect(started.toSorted()).toStrictEqual(ended.toSorted());
    expect(new Set(started).size).toBe(started.length);
    for (const { headers } of upstream.received) expect(started).toContain(headers['audit-id']);
    expect((await readiness()).figures['recordsWaiting']).toBe(0);
  }, patient);
}, 120_000);

const canary = 'what-nobody-may-see';
/** What comes next leaves at once: behind a message that is under way it would wait. */
const idle = () =>
  eventually(async () => expect((await readiness()).figures['recordsWaiting']).toBe(0));
const answerWithCanary = () => {
  upstream.answer((_request, response) => {
    response.end(JSON.stringify({ kind: 'Pod', metadata: { name: canary } }));
  });
};

it('shows nothing of a read whose record left and was not taken, and forwards no other behind it', async () => {
  answerWithCanary();
  const before = upstream.received.length;
  await idle();
  relay.silence();
  const read = gateway.call(`${pods}/web-1`);
  await eventually(() => expect(upstream.received).toHaveLength(before + 1));
  const others = Array.from({ length: 20 }, () => gateway.call(pods));
  const answers = await Promise.all([read, ...others]);
  expect(answers.map(({ status }) => status)).toStrictEqual(answers.map(() => 503));
  expect(answers.map(({ body }) => body).join('')).not.toContain(canary);
  expect(statusOf(await read).cause).toBe('record_unavailable');
  expect(upstream.received).toHaveLength(before + 1);

  relay.restore();
  const id = upstream.received.at(-1)?.headers['audit-id'];
  await eventually(async () => {
    const records = (await gateway.records()).filter(({ commandId }) => commandId === id);
    // The end did not wait for the message that was tried again.
    const [ended, started] = records.toSorted((a, b) => (a.type < b.type ? -1 : 1));
    expect([records.length, started?.type]).toStrictEqual([2, 'CommandStarted']);
    expect(ended).toMatchObject({
      ...{ type: 'CommandEnded', outcome: 'cut', reason: 'record_unavailable' },
    });
  }, patient);
}, 60_000);

it('answers a read when the bus has taken its record, and no sooner', async () => {
  answerWithCanary();
  const before = upstream.received.length;
  await idle();
  relay.mute();
  const read = gateway.call(`${pods}/web-1`);
  let answered = false;
  void read.then(() => (answered = true));
  await eventually(() => expect(upstream.received).toHaveLength(before + 1));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(answered).toBe(false);
  relay.restore();
  expect((await read).body).toContain(canary);
  expect(upstream.received).toHaveLength(before + 1);
}, 60_000);

it('gives up a read whose client leaves before the bus has taken its record', async () => {
  const closed = Promise.withResolvers<undefined>();
  // Of a list, which has a connection of its own.
  upstream.answer((request, response) => {
    request.socket.on('close', () => closed.resolve(undefined));
    response.write('{');
  });
  const before = upstream.received.length;
  await idle();
  relay.mute();
  const client = request(`${gateway.address}${pods}`, {
    agent: false,
    ca: gateway.raw.certificateAuthority,
    servername: 'localhost',
    headers: { authorization: `Bearer ${gateway.issuer.token()}` },
  });
  client.on('error', () => undefined).end();
  await eventually(() => expect(upstream.received).toHaveLength(before + 1));
  client.destroy();
  await closed.promise;
  relay.restore();
  const id = upstream.received.at(-1)?.headers['audit-id'];
  await eventually(async () => {
    const records = (await gateway.records()).filter(({ commandId }) => commandId === id);
    expect(records[1]).toMatchObject({ type: 'CommandEnded', outcome: 'client_gone' });
  }, patient);
}, 60_000);

it.each(['silent still', 'back'])(
  'closes when the bus that fell silent is %s',
  async (now) => {
    relay.silence();
    await eventually(async () => {
      expect((await gateway.call(pods)).status).toBe(503);
      expect((await readiness()).checks['grants']).toBe(false);
    }, patient);
    if (now === 'back') relay.restore();
    await expect(gateway.proxy.close()).resolves.toBeUndefined();
  },
  90_000,
);
