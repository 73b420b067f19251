import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandRecord } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { startGatewayToProd } from './gateway-to-prod.js';
import { startGateway, statusOf, type Gateway } from './gateway-under-test.js';
import { http2Call, http2Session } from './http2-client.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
let upstream: RecordingUpstream;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    connection: {
      // What the cluster is asked is counted here.
      recording: '{ before: false }',
    },
  });
  await gateway.grant();
  await eventually(async () => expect((await gateway.call(pods)).status).toBe(200));
});

afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const idsOf = (records: readonly CommandRecord[], type: CommandRecord['type']) =>
  records.filter((record) => record.type === type).map(({ commandId }) => commandId);

/** Ids of everything the cluster was asked. */
const forwarded = () => upstream.received.map(({ headers }) => String(headers['audit-id']));

describe('T26 nothing happens off the record', () => {
  it('while the bus dies and comes back under load, every forwarded call has its start', async () => {
    let running = true;
    const statuses = new Map<number, number>();
    const load = Array.from({ length: 4 }, async (_, index) => {
      while (running) {
        const method = index % 2 === 0 ? 'GET' : 'DELETE';
        const { status } = await gateway.call(`${pods}/web-${String(index)}`, { method });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 700));
    await gateway.nats.kill();
    await eventually(async () => expect((await gateway.call(pods)).status).toBe(503));
    const whileLost = upstream.received.length;
    const refused = await gateway.call(pods, { method: 'POST', body: '{}' });
    expect(refused.status).toBe(503);
    expect(['record_unavailable', 'proxy_not_ready']).toContain(statusOf(refused).cause);
    expect(upstream.received).toHaveLength(whileLost);
    await gateway.nats.restart();
    await eventually(async () => expect((await gateway.call(pods)).status).toBe(200));
    running = false;
    await Promise.all(load);

    // That they are refused was seen above; those of the load may all have waited for the bus to come back.
    expect([...statuses.keys()].filter((status) => status !== 503)).toStrictEqual([200]);
    await eventually(async () => {
      const records = await gateway.records();
      const [started, ended] = [idsOf(records, 'CommandStarted'), idsOf(records, 'CommandEnded')];
      expect(forwarded().filter((id) => !started.includes(id))).toStrictEqual([]);
      expect(new Set(forwarded()).size).toBe(forwarded().length);
      // T27 exactly one of each, although some were tried more than once.
      expect(new Set(started).size).toBe(started.length);
      expect(new Set(ended).size).toBe(ended.length);
      expect(started.toSorted()).toStrictEqual(ended.toSorted());
    });
  });

  it('a start that cannot be acknowledged forwards nothing', async () => {
    const before = upstream.received.length;
    await gateway.bus.manager.streams.delete('COMMANDS');
    const refused = await gateway.call(pods, { method: 'POST', body: '{}' });
    expect([refused.status, statusOf(refused).cause]).toStrictEqual([503, 'record_unavailable']);
    expect(refused.headers['retry-after']).toBeUndefined();
    expect(upstream.received).toHaveLength(before);
    // A read may have gone out with its start, which nobody took; what it brought is not shown.
    const read = await gateway.call(pods);
    expect([read.status, statusOf(read).cause]).toStrictEqual([503, 'record_unavailable']);
    expect(read.body).not.toContain('web-0');
  });

  it('ends that wait are recorded when the gateway stops', async () => {
    const calls = await Promise.all(Array.from({ length: 20 }, () => gateway.call(pods)));
    await gateway.proxy.close();
    const ended = idsOf(await gateway.records(), 'CommandEnded');
    for (const { headers } of calls) expect(ended).toContain(headers['audit-id']);
  });
});

describe('a gateway that stops', () => {
  it('lets a short answer finish, tells watches, and forgets no record', async () => {
    upstream.answer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      if (request.url?.includes('watch') === true) response.write('{"type":"ADDED","object":{}}\n');
      else setTimeout(() => response.end('{"kind":"PodList"}'), 500);
    });
    const watching = Promise.withResolvers<string>();
    const watch = gateway.call(`${pods}?watch=1`, { onData: watching.resolve });
    await watching.promise;
    const before = upstream.received.length;
    const short = gateway.call(pods);
    await eventually(() => expect(upstream.received.length).toBe(before + 1));
    await gateway.proxy.close();
    expect(await short).toMatchObject({ status: 200, complete: true });
    expect((await watch).body).toContain('proxy_draining');
    const records = await gateway.records();
    expect(idsOf(records, 'CommandEnded').toSorted()).toStrictEqual(
      idsOf(records, 'CommandStarted').toSorted(),
    );
  });

  it('does not wait for connections on which nothing ever came', async () => {
    const silent = connect(gateway.raw.port, '127.0.0.1').on('error', () => undefined);
    await once(silent, 'connect');
    await gateway.proxy.close();
    // And ends them.
    if (!silent.closed) await once(silent, 'close');
  });

  it('comes back with every open grant and none that ended', async () => {
    const other = await gateway.grant({ subject: 'agent-ended' });
    await gateway.append(other.requestId, {
      type: 'GrantRevoked',
      data: { grantId: other.grantId, reason: 'x' },
    });
    await gateway.proxy.close();
    await gateway.startProxy();
    expect((await gateway.call(pods)).status).toBe(200);
    const token = gateway.issuer.token({ sub: 'agent-ended' });
    expect(statusOf(await gateway.call(pods, { token })).cause).toBe('grant_revoked');
  });
});

describe('a gateway without a trust bundle', () => {
  it('is not ready and refuses every call until there is one', async () => {
    const untrusting = await startGateway({
      connections: [
        {
          name: 'other',
          server: upstream.address,
          certificateAuthority: upstream.certificateAuthority,
          credential: 'type: bearerToken\nfile: cluster.token',
        },
      ],
      trust: false,
    });
    const readiness = async () => (await fetch(`${untrusting.health}/readyz`)).json();
    await eventually(async () =>
      expect(await readiness()).toMatchObject({
        status: 'not_ready',
        checks: { nats: true, grants: true, trust: false, recording: true, serving: true },
        figures: { recordsWaiting: 0, recordsGivenUp: 0, refusalsUnrecorded: 0 },
      }),
    );
    const refused = await untrusting.call(pods);
    expect([refused.status, statusOf(refused).cause]).toStrictEqual([503, 'proxy_not_ready']);
    await untrusting.publishTrust();
    await eventually(async () => expect(await readiness()).toMatchObject({ status: 'ready' }));
    expect(statusOf(await untrusting.call(pods)).cause).toBe('connection_unknown');
    await untrusting.close();
  });
});

describe('an unknown key', () => {
  it('is asked for once, and then believed', async () => {
    let asked = 0;
    const subscription = gateway.bus.nats.subscribe('drawbridge.trust.refresh', {
      callback: (_error, message) => {
        asked += 1;
        void gateway.publishTrust().then(() => message.respond('{}'));
      },
    });
    // Known to the server before the first call asks.
    await gateway.bus.nats.flush();
    gateway.issuer.addKey('second');
    const token = gateway.issuer.token({ kid: 'second' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => gateway.call(pods, { token })),
    );
    expect(answers.map(({ status }) => status)).toStrictEqual(Array(10).fill(200));
    expect(asked).toBe(1);
    gateway.issuer.addKey('third');
    const third = gateway.issuer.token({ kid: 'third' });
    const flood = await Promise.all(
      Array.from({ length: 20 }, () => gateway.call(pods, { token: third })),
    );
    expect(flood.every(({ status }) => status === 401)).toBe(true);
    expect(asked).toBe(1);
    subscription.unsubscribe();
  });
});

describe('a flood without tokens', () => {
  it('is recorded in part, counted in full, and does not keep others waiting', async () => {
    const before = performance.now();
    const session = http2Session(gateway);
    const flood = Array.from({ length: 8 }, async () => {
      const statuses: number[] = [];
      for (let call = 0; call < 100; call += 1) {
        statuses.push((await http2Call(session, { ':path': pods })).status);
      }
      return statuses;
    });
    expect((await gateway.call(pods)).status).toBe(200);
    const statuses = (await Promise.all(flood)).flat();
    session.destroy();
    expect(statuses.every((status) => status === 401)).toBe(true);
    const seconds = (performance.now() - before) / 1_000;
    const refused = idsOf(await gateway.records(), 'CommandRefused');
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.length).toBeLessThanOrEqual(200 + Math.ceil(20 * seconds));
    await gateway.proxy.close();
    expect(gateway.log.join('')).toContain('refusals counted, not recorded');
  });
});
