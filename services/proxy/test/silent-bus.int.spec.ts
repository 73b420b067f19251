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
