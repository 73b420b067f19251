import type { ServerResponse } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import type { AccessEvent, CommandRecord } from '@drawbridge/contracts';
import { startGateway, type Answer, type Gateway } from './gateway-under-test.js';
import { rawConnection } from './raw-call.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';
import { TestIssuer } from './test-issuer.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const frame = (name: string) => `{"type":"ADDED","object":{"metadata":{"name":"${name}"}}}\n`;
let upstream: RecordingUpstream;
let gateway: Gateway;
/** The answers that the cluster is giving, oldest first. */
let open: ServerResponse[];

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGateway({
    connections: [connection()],
    variables: { AGENT_MAX_STREAMS: '3', BUS_LOST_CUT_SECONDS: '2' },
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'cluster-token');
});

const connection = () => ({
  name: 'prod',
  server: upstream.address,
  certificateAuthority: upstream.certificateAuthority,
  credential: 'type: bearerToken\nfile: cluster.token',
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

beforeEach(() => {
  open = [];
  upstream.received.length = 0;
  upstream.answer((request, response) => {
    open.push(response);
    const watch = request.url?.includes('watch') === true;
    response.writeHead(200, { 'content-type': watch ? 'application/json' : 'text/plain' });
    response.write(watch ? frame('web-0') : 'line 1\n');
    if (!watch && request.url?.includes('/log') !== true) response.end();
  });
});

interface Opened {
  readonly ended: Promise<Answer>;
  readonly seen: () => string;
}

/** Opens a stream and waits for its first bytes. */
async function openStream(
  path: string,
  subject: string,
  token = gateway.issuer.token({ sub: subject }),
): Promise<Opened> {
  let seen = '';
  const first = Promise.withResolvers<boolean>();
  const ended = gateway
    .call(path, {
      token,
      onData: (text) => {
        seen += text;
        first.resolve(true);
      },
    })
    .then((answer) => {
      first.resolve(false);
      return answer;
    });
  if (!(await first.promise)) throw new Error((await ended).body);
  return { ended, seen: () => seen };
}

/** Opens a stream whose grant or token ends soon; with more time where that is over before it opened. */
async function openShortStream(open: (seconds: number) => Promise<Opened>): Promise<Opened> {
  for (const seconds of [2, 4, 8, 16]) {
    const stream = await open(seconds).catch(() => undefined);
    if (stream !== undefined) return stream;
  }
  throw new Error('no stream opened in time');
}

/** A fresh agent with a grant, so that tests do not share anything. */
let agents = 0;
async function agent(seconds = 600) {
  agents += 1;
  const subject = `agent-${String(agents)}`;
  const overAt = Date.now() + seconds * 1_000;
  const granted = await gateway.grant({ subject, seconds });
  await eventually(async () => {
    const token = gateway.issuer.token({ sub: subject });
    const { body } = await gateway.call('/connections/prod/version', { token, method: 'POST' });
    if (Date.now() < overAt) expect(body).toContain('path_not_allowed');
  });
  return { subject, ...granted };
}

const lastFrame = (body: string) =>
  JSON.parse(body.trimEnd().split('\n').at(-1) ?? '') as {
    type: string;
    object: {
      kind: string;
      message: string;
      code: number;
      details: { causes: { reason: string }[] };
    };
  };

async function endOf(commandId: unknown): Promise<CommandRecord & { type: 'CommandEnded' }> {
  return eventually(async () => {
    const record = (await gateway.records()).find(
      (candidate) => candidate.type === 'CommandEnded' && candidate.commandId === commandId,
    );
    if (record?.type !== 'CommandEnded') throw new Error('not ended yet');
    return record;
  });
}

describe('T11 a stream ends', () => {
  const granted = (grantId: string) => ({ grantId, reason: 'test' });

  it('with its grant, by the clock alone: a watch says why in its last frame', async () => {
    let subject = '';
    const stream = await openShortStream(async (seconds) => {
      open = [];
      ({ subject } = await agent(seconds));
      return openStream(`${pods}?watch=true`, subject);
    });
    const ended = await stream.ended;
    expect(ended.complete).toBe(true);
    expect(lastFrame(ended.body)).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 403, details: { causes: [{ reason: 'grant_expired' }] } },
    });
    expect(await endOf(ended.headers['audit-id'])).toMatchObject({
      outcome: 'cut',
      reason: 'grant_expired',
      statusCode: 200,
    });
    await eventually(() => expect(open[0]?.destroyed).toBe(true));
    const token = gateway.issuer.token({ sub: subject });
    expect((await gateway.call(pods, { token })).body).toContain('grant_expired');
  });

  const ends: readonly (readonly [string, (grantId: string, subject: string) => AccessEvent])[] = [
    ['grant_revoked', (grantId) => ({ type: 'GrantRevoked', data: granted(grantId) })],
    [
      'grant_withdrawn',
      (_, subject) => ({
        type: 'AccessRequestWithdrawn',
        data: { by: { kind: 'agent', issuer: gateway.issuer.issuer, subject, groups: [] } },
      }),
    ],
    [
      'grant_expired',
      (grantId) => ({
        type: 'GrantExpired',
        data: { grantId, endsAt: new Date().toISOString() },
      }),
    ],
  ];

  it.each(ends)('with the event: %s', async (reason, event) => {
    const { subject, grantId, requestId } = await agent();
    const watch = await openStream(`${pods}?watch`, subject);
    const logs = await openStream(`${pods}/web-0/log?follow=true`, subject);
    await gateway.append(requestId, event(grantId, subject));
    const [watched, logged] = await Promise.all([watch.ended, logs.ended]);
    expect(lastFrame(watched.body).object.details.causes[0]?.reason).toBe(reason);
    const { message } = lastFrame(watched.body).object;
    expect(message).toContain(`drawbridge ${reason}: `);
    expect(logged).toMatchObject({ complete: false, body: `line 1\n${message}\n` });
    expect(await endOf(logged.headers['audit-id'])).toMatchObject({ outcome: 'cut', reason });
  });

  it('when an event of its request cannot be read: it could have been the end', async () => {
    const { subject, requestId } = await agent();
    const stream = await openStream(`${pods}?watch=1`, subject);
    await gateway.bus.jetstream.publish(
      `drawbridge.access.${requestId}`,
      '{"type":"FromTheFuture"}',
    );
    expect(lastFrame((await stream.ended).body).object.details.causes[0]?.reason).toBe(
      'grant_revoked',
    );
    const token = gateway.issuer.token({ sub: subject });
    expect((await gateway.call(pods, { token })).body).toContain('grant_revoked');
    const other = await agent();
    const served = await openStream(`${pods}?watch=1`, other.subject);
    open.at(-1)?.end();
    await served.ended;
  });

  // A process that stalls for half a second right then gives the frame no time.
  it('at a frame boundary, even when the cluster is in the middle', { retry: 3 }, async () => {
    const { subject, grantId, requestId } = await agent();
    const stream = await openStream(`${pods}?watch=1`, subject);
    open[0]?.write('{"type":"MODIFIED",');
    await eventually(() => expect(stream.seen()).toContain('MODIFIED'));
    // Each write ends one frame and begins the next, so the end comes in the middle of one.
    const writing = setInterval(() => open[0]?.write('"object":{}}\n{"type":"MODIFIED",'), 25);
    await gateway.append(requestId, { type: 'GrantRevoked', data: granted(grantId) });
    const { body, complete } = await stream.ended;
    clearInterval(writing);
    expect(complete).toBe(true);
    const [first, ...others] = body.trimEnd().split('\n');
    expect(first).toBe(frame('web-0').trim());
    expect(others.length).toBeGreaterThan(1);
    for (const other of others.slice(0, -1)) expect(other).toBe('{"type":"MODIFIED","object":{}}');
    expect(lastFrame(body).type).toBe('ERROR');
  });

  it('abruptly when the frame under way does not end', async () => {
    const { subject, grantId, requestId } = await agent();
    const stream = await openStream(`${pods}?watch=1`, subject);
    open[0]?.write('{"type":"MODIFIED",');
    await eventually(() => expect(stream.seen()).toContain('MODIFIED'));
    await gateway.append(requestId, { type: 'GrantRevoked', data: granted(grantId) });
    expect(await stream.ended).toMatchObject({ complete: false });
  });

  it('with the token that opened it', async () => {
    const { subject } = await agent();
    const stream = await openShortStream((lifeSeconds) =>
      openStream(`${pods}?watch=1`, subject, gateway.issuer.token({ sub: subject, lifeSeconds })),
    );
    const { body } = await stream.ended;
    expect(lastFrame(body).object).toMatchObject({
      code: 401,
      details: { causes: [{ reason: 'token_expired' }] },
    });
  });

  it('when its subject is disabled, and nobody else’s does', async () => {
    const [one, other] = [await agent(), await agent()];
    const disabled = await openStream(`${pods}?watch=1`, one.subject);
    const kept = await openStream(`${pods}?watch=1`, other.subject);
    await gateway.publishTrust([gateway.issuer.trusted({ disabledSubjects: [one.subject] })]);
    expect(lastFrame((await disabled.ended).body).object.details.causes[0]?.reason).toBe(
      'token_subject_disabled',
    );
    open[1]?.write(frame('still-here'));
    await eventually(() => expect(kept.seen()).toContain('still-here'));
    await gateway.publishTrust();
    open[1]?.end();
    await kept.ended;
  });

  it('when its issuer is no longer trusted', async () => {
    const { subject } = await agent();
    const stream = await openStream(`${pods}?watch=1`, subject);
    await gateway.publishTrust([new TestIssuer('https://another.test').trusted()]);
    expect(lastFrame((await stream.ended).body).object.details.causes[0]?.reason).toBe(
      'token_issuer_unknown',
    );
    await gateway.publishTrust();
  });

  it('when its connection is changed, and not when another is', async () => {
    const { subject } = await agent();
    const token = gateway.issuer.token({ sub: subject });
    const stream = await openStream(`${pods}?watch=1`, subject);
    await gateway.writeConnections([connection(), { ...connection(), name: 'other' }]);
    await eventually(async () => {
      const answer = await gateway.call('/connections/other/api', { token });
      expect(answer.body).toContain('no_grant');
    });
    open[0]?.write(frame('still-here'));
    await eventually(() => expect(stream.seen()).toContain('still-here'));
    const moved = { ...connection(), credential: 'type: bearerToken\nfile: other.token' };
    await gateway.writeConnections([moved]);
    const { body } = await stream.ended;
    expect(lastFrame(body).object.details.causes[0]?.reason).toBe('connection_changed');
    await gateway.writeConnections([connection()]);
    await eventually(async () => {
      expect((await gateway.call(pods, { token })).status).toBe(200);
    });
  });

  it('upstream when its client leaves', async () => {
    const { subject } = await agent();
    const token = gateway.issuer.token({ sub: subject });
    const socket = await rawConnection(gateway.raw);
    socket.write(
      `GET ${pods}?watch=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    await eventually(() => expect(open).toHaveLength(1));
    socket.destroy();
    await eventually(() => expect(open[0]?.destroyed).toBe(true));
    const commandId = upstream.received[0]?.headers['audit-id'];
    expect(await endOf(commandId)).toMatchObject({ outcome: 'client_gone' });
  });
});

describe('T25 an agent that opens too many streams', () => {
  it('is told so, while others are served', async () => {
    const { subject } = await agent();
    const streams = [];
    for (let index = 0; index < 3; index += 1)
      streams.push(await openStream(`${pods}?watch=1`, subject));
    const token = gateway.issuer.token({ sub: subject });
    const refused = await gateway.call(`${pods}?watch=1`, { token });
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.body).toContain('too_many_calls');
    const other = await agent();
    const served = await openStream(`${pods}?watch=1`, other.subject);
    for (const response of open) response.end();
    await Promise.all([...streams, served].map(({ ended }) => ended));
    const again = await openStream(`${pods}?watch=1`, subject);
    open.at(-1)?.end();
    await again.ended;
  });
});

describe('T24 a client that does not read', () => {
  it('costs bounded memory and holds the cluster back', async () => {
    const { subject } = await agent();
    let produced = 0;
    upstream.answer((_request, response) => {
      open.push(response);
      response.writeHead(200, { 'content-type': 'text/plain' });
      const chunk = Buffer.alloc(262_144, 'x');
      const more = () => {
        while (!response.destroyed && produced < 400 * 1024 * 1024) {
          produced += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    const token = gateway.issuer.token({ sub: subject });
    const socket = await rawConnection(gateway.raw);
    socket.pause();
    socket.write(
      `GET ${pods}/web-0/log HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    let settled = -1;
    await eventually(async () => {
      const before = produced;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(produced).toBeGreaterThan(0);
      expect(produced).toBe(before);
      settled = produced;
    });
    // What fits into the sockets of both sides and one watermark of ours, not the 400 MB on offer.
    expect(settled).toBeLessThan(32 * 1024 * 1024);
    socket.destroy();
    await eventually(() => expect(open[0]?.destroyed).toBe(true));
  });
});

describe('T11 when the bus is lost', () => {
  it('streams end after the configured time, and come back with it', async () => {
    const { subject } = await agent();
    const stream = await openStream(`${pods}?watch=1`, subject);
    const lostAt = performance.now();
    await gateway.nats.kill();
    const ended = await stream.ended;
    // Not at once: it may come back.
    expect(performance.now() - lostAt).toBeGreaterThan(1_000);
    expect(lastFrame(ended.body).object.details.causes[0]?.reason).toBe('bus_lost');
    await gateway.nats.restart();
    await eventually(async () => {
      const again = await gateway.call(pods, {
        token: gateway.issuer.token({ sub: subject }),
        onHead: () => open.at(-1)?.end(),
      });
      expect(again.status).toBe(200);
    });
    expect(await endOf(ended.headers['audit-id'])).toMatchObject({
      outcome: 'cut',
      reason: 'bus_lost',
    });
  });
});
