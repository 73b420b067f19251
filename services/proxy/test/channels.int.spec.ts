import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CommandRecord } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { spdyDataFrame, spdyGoAway } from '../src/channels/spdy/spdy-frames.js';
import { WebSocketReader } from '../src/channels/websocket/websocket-reader.js';
import { closeFrame, webSocketFrame } from '../src/channels/websocket/websocket-frames.js';
import {
  channelClient,
  spdyLines,
  webSocketLines,
  type ChannelClient,
  type UpgradeRequest,
} from './channels/channel-client.js';
import { goodHandshake, startFakeCluster, type FakeCluster } from './channels/fake-cluster.js';
import { ping, SpdyPeer } from './channels/spdy-peer.js';
import { startGateway, type Gateway } from './gateway-under-test.js';

const pod = '/connections/prod/api/v1/namespaces/payments/pods/web-0';
const exec = `${pod}/exec?command=sh&stdin=true&stdout=true`;
const CANARY = 'canary-cluster-token-7f1e';
let cluster: FakeCluster;
let gateway: Gateway;

beforeAll(async () => {
  cluster = await startFakeCluster();
  gateway = await startGateway({
    connections: [
      {
        name: 'prod',
        server: cluster.address,
        certificateAuthority: cluster.certificateAuthority,
        credential: 'type: bearerToken\nfile: cluster.token',
      },
    ],
    variables: { AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000', AGENT_MAX_STREAMS: '3' },
  });
  await writeFile(join(gateway.directory, 'cluster.token'), CANARY);
});
afterAll(async () => {
  await gateway.close();
  await cluster.close();
});
beforeEach(() => {
  cluster.handshake = goodHandshake;
  cluster.sides.length = 0;
  cluster.plain.length = 0;
});

let agents = 0;
/** An agent with a grant of its own, so that tests share nothing. */
async function agent(seconds = 600) {
  agents += 1;
  const subject = `agent-${String(agents)}`;
  const overAt = Date.now() + seconds * 1_000;
  const granted = await gateway.grant({ subject, seconds });
  const token = gateway.issuer.token({ sub: subject });
  await eventually(async () => {
    const { body } = await gateway.call('/connections/prod/version', { token, method: 'POST' });
    if (Date.now() < overAt) expect(body).toContain('path_not_allowed');
  });
  return { subject, token, ...granted };
}

/** How many bytes the messages of a cluster carry. */
function carriedBytes(body: Buffer): number {
  let sum = 0;
  const sink = {
    wantsPayload: true,
    begin: () => undefined,
    payload: (bytes: Buffer) => void (sum += bytes.length),
    end: () => undefined,
  };
  new WebSocketReader({ masked: false, sink, noise: () => true }).push(body, () => undefined);
  return sum;
}

const client = (request: UpgradeRequest) => channelClient(gateway.raw, request);

/** An open session: the client's side and the cluster's. */
async function session(request: Partial<UpgradeRequest> = {}, seconds = 600) {
  const granted = await agent(seconds);
  const before = cluster.sides.length;
  const ours = await client({ path: exec, token: granted.token, ...request });
  const head = await ours.head();
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`${head}\n${ours.body().toString()}`);
  const theirs = await cluster.side(before);
  const commandId = /audit-id: (\S+)/.exec(head)?.[1] ?? '';
  return { ...granted, ours, theirs, head, commandId };
}

/** One whose grant ends soon; with more time where that is over before the session began. */
async function shortSession() {
  for (const seconds of [3, 6, 12, 24]) {
    const begun = await session({}, seconds).catch(() => undefined);
    if (begun !== undefined) return begun;
  }
  throw new Error('no session began in time');
}

async function endOf(commandId: string): Promise<CommandRecord & { type: 'CommandEnded' }> {
  return eventually(async () => {
    const record = (await gateway.records()).find(
      (candidate) => candidate.type === 'CommandEnded' && candidate.commandId === commandId,
    );
    if (record?.type !== 'CommandEnded') throw new Error('not ended yet');
    return record;
  });
}

const masked = (payload: Uint8Array, opcode = 2) =>
  webSocketFrame({ opcode, payload, masked: true });
const message = (channel: number, text: string) =>
  webSocketFrame({ opcode: 2, payload: Buffer.from([channel, ...Buffer.from(text)]) });
const typed = (channel: number, text: string) =>
  masked(Buffer.from([channel, ...Buffer.from(text)]));
const arrived = (read: () => Buffer, bytes: Buffer) =>
  eventually(() => expect(read()).toStrictEqual(bytes));

describe('a session', () => {
  it('passes every byte both ways and is recorded before and behind', async () => {
    const { ours, theirs, head, commandId, grantId } = await session();
    const started = (await gateway.records()).find((record) => record.commandId === commandId);
    expect(started).toMatchObject({
      type: 'CommandStarted',
      grantId,
      verb: 'create',
      subresource: 'exec',
      query: 'command=sh&stdin=true&stdout=true',
    });
    expect(head).toContain('sec-websocket-protocol: v5.channel.k8s.io');
    expect(head.toLowerCase()).not.toContain('extensions');
    const input = Buffer.concat([typed(4, '{"Width":80,"Height":24}'), typed(0, 'exit 3\n')]);
    ours.socket.write(input);
    await arrived(theirs.received, input);
    const status =
      '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}';
    const output = Buffer.concat([message(1, 'bye\n'), message(3, status), closeFrame(1000, '')]);
    theirs.socket.end(output);
    await ours.ended;
    expect(ours.body()).toStrictEqual(output);
    expect(await endOf(commandId)).toMatchObject({
      outcome: 'completed',
      statusCode: 101,
      requestBytes: input.length,
      responseBytes: output.length,
      exitCode: 3,
    });
  });

  it('shakes hands with the cluster anew: its own key, credential and no extension', async () => {
    const { theirs, ours, token } = await session({
      lines: [
        ...webSocketLines(['v4.channel.k8s.io', 'unknown', 'v5.channel.k8s.io']),
        'Sec-WebSocket-Extensions: permessage-deflate',
        'Origin: https://evil.test',
        'Cookie: a=b',
      ],
    });
    const { headers, rawHeaders, url } = theirs.request;
    expect(url).toBe(
      '/api/v1/namespaces/payments/pods/web-0/exec?command=sh&stdin=true&stdout=true',
    );
    expect(headers.authorization).toBe(`Bearer ${CANARY}`);
    expect(headers['sec-websocket-protocol']).toBe('v4.channel.k8s.io, v5.channel.k8s.io');
    expect(rawHeaders.join('\n').toLowerCase()).not.toMatch(/extensions|origin|cookie|permessage/);
    expect(rawHeaders.join('\n')).not.toContain(token);
    ours.socket.destroy();
    await eventually(() => expect(theirs.ended()).toBe(true));
  });

  it('holds early bytes back until the cluster has switched', async () => {
    const { token } = await agent();
    const early = typed(0, 'early');
    let seenBefore: Buffer = Buffer.alloc(0);
    cluster.handshake = (request) => {
      setTimeout(() => {
        seenBefore = cluster.sides[0]?.received() ?? seenBefore;
        cluster.sides[0]?.socket.write(goodHandshake(request));
      }, 200);
      return '';
    };
    const ours = await client({ path: exec, token, early });
    await ours.head();
    const theirs = await cluster.side();
    await arrived(theirs.received, early);
    expect(seenBefore).toHaveLength(0);
    ours.socket.destroy();
  });

  it.each(['GET', 'POST'])('over SPDY with %s', async (method) => {
    const { ours, theirs, commandId } = await session({
      method,
      transport: 'spdy',
      protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io'],
    });
    expect(theirs.request.method).toBe(method);
    const peer = new SpdyPeer();
    const input = Buffer.concat([await peer.open(1, { streamtype: 'error' }, 1), ping(1)]);
    ours.socket.write(input);
    await arrived(theirs.received, input);
    const cluster_ = new SpdyPeer();
    const payload = Buffer.from('{"status":"Success"}');
    const output = Buffer.concat([
      await cluster_.reply(1),
      spdyDataFrame({ streamId: 1, payload, fin: true }),
      spdyGoAway(1, 0),
    ]);
    theirs.socket.end(output);
    await ours.ended;
    expect(ours.body()).toStrictEqual(output);
    expect(await endOf(commandId)).toMatchObject({ outcome: 'completed', exitCode: 0 });
  });

  it('T24 of which one side does not read costs bounded memory, and nothing is lost', async () => {
    const { ours, theirs } = await session();
    ours.socket.pause();
    const text = 'as it is '.repeat(2_048);
    const frame = message(1, text);
    let [written, blocked] = [0, false];
    while (!blocked && written < 200 * 1024 * 1024) {
      blocked = !theirs.socket.write(frame);
      written += frame.length;
      if (blocked) {
        await Promise.race([
          new Promise((resolve) => theirs.socket.once('drain', () => resolve((blocked = false)))),
          new Promise((resolve) => setTimeout(resolve, 700)),
        ]);
      }
    }
    expect(written).toBeLessThan(32 * 1024 * 1024);
    ours.socket.resume();
    theirs.socket.end(closeFrame(1000, ''));
    await ours.ended;
    expect(carriedBytes(ours.body())).toBe((written / frame.length) * text.length);
  });

  it('T25 counts as a stream of its agent', async () => {
    const { token } = await agent();
    const open: ChannelClient[] = [];
    for (let count = 0; count < 3; count += 1) {
      const ours = await client({ path: exec, token });
      expect(await ours.head()).toContain(' 101 ');
      open.push(ours);
    }
    const refused = await client({ path: exec, token });
    expect(await refused.head()).toContain(' 429 ');
    await refused.ended;
    open[0]?.socket.destroy();
    await eventually(async () => {
      const again = await client({ path: exec, token });
      expect(await again.head()).toContain(' 101 ');
      open.push(again);
    });
    for (const { socket } of open) socket.destroy();
  });

  it('drops nothing of a flood of small frames, and goes on after it', async () => {
    const { ours, theirs } = await session();
    const keys = Array.from({ length: 2_500 }, (_, index) => typed(0, String(index % 10)));
    const all = Buffer.concat(keys);
    ours.socket.write(all);
    await eventually(() => expect(theirs.received().length).toBe(all.length));
    expect(theirs.received().equals(all)).toBe(true);
    const answer = message(1, 'ok');
    theirs.socket.write(answer);
    await arrived(() => ours.body(), answer);
  });
});

describe('T7 a cluster that does not switch as it was asked', () => {
  const json = (status: number, body: string) =>
    `HTTP/1.1 ${String(status)} X\r\nContent-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;

  it('is quoted, and both connections end: nothing behind it is read', async () => {
    const { token } = await agent();
    const body = '{"kind":"Status","code":404,"message":"container not found"}';
    cluster.handshake = () => json(404, body);
    const early = Buffer.from('GET /api/v1/secrets HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const ours = await client({ path: exec, token, early });
    expect(await ours.head()).toMatch(/^HTTP\/1\.1 404 /);
    await ours.ended;
    expect(ours.body().toString()).toBe(body);
    const theirs = await cluster.side();
    await eventually(() => expect(theirs.ended()).toBe(true));
    expect(theirs.received()).toHaveLength(0);
    expect(cluster.plain).toHaveLength(0);
  });

  const swap = (from: RegExp, to: string) => (request: Parameters<typeof goodHandshake>[0]) =>
    goodHandshake(request).replace(from, to);
  it.each([
    [
      'a redirect',
      () => 'HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\nContent-Length: 0\r\n\r\n',
      'upstream_redirect',
    ],
    ['a 401', () => json(401, '{}'), 'upstream_credential_refused'],
    ['a 200', () => json(200, '{}'), 'upstream_failed'],
    ['another protocol', swap(/Upgrade: websocket/, 'Upgrade: h2c'), 'upstream_failed'],
    ['no accept', swap(/Sec-WebSocket-Accept: .*\r\n/, ''), 'upstream_failed'],
    ['an accept for another key', swap(/Accept: ..../, 'Accept: AAAA'), 'upstream_failed'],
    ['a subprotocol that was not offered', swap(/v5\.channel/, 'v1.channel'), 'upstream_failed'],
    ['no subprotocol', swap(/Sec-WebSocket-Protocol: .*\r\n/, ''), 'upstream_failed'],
    [
      'an extension',
      swap(/\r\n\r\n$/, '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'),
      'upstream_failed',
    ],
    ['no HTTP', () => 'SSH-2.0-OpenSSH\r\n\r\n', 'upstream_failed'],
  ])('%s is refused', async (_, handshake, code) => {
    const { token } = await agent();
    cluster.handshake = handshake;
    const ours = await client({ path: exec, token });
    expect(await ours.head()).toMatch(/^HTTP\/1\.1 502 /);
    expect(await ours.head()).toContain(`drawbridge-refusal: ${code}`);
    await ours.ended;
    expect(ours.body().toString()).not.toContain('evil');
    const theirs = await cluster.side();
    await eventually(() => expect(theirs.ended()).toBe(true));
  });

  it('is told that the client has left, and nothing is sent to it', async () => {
    const { token } = await agent();
    cluster.handshake = () => '';
    const ours = await client({ path: exec, token, early: typed(0, 'x') });
    const theirs = await cluster.side();
    ours.socket.destroy();
    await eventually(() => expect(theirs.ended()).toBe(true));
    expect(theirs.received()).toHaveLength(0);
  });
});

describe('T7 a handshake that is not one', () => {
  const good = webSocketLines(['v5.channel.k8s.io']);
  const without = (name: RegExp) => good.filter((line) => !name.test(line));
  it.each<[string, UpgradeRequest, number]>([
    ['no version', { path: exec, lines: without(/Version/) }, 400],
    [
      'another version',
      { path: exec, lines: [...without(/Version/), 'Sec-WebSocket-Version: 8'] },
      400,
    ],
    ['two versions', { path: exec, lines: [...good, 'Sec-WebSocket-Version: 13'] }, 400],
    ['no key', { path: exec, lines: without(/Key/) }, 400],
    ['a short key', { path: exec, lines: [...without(/Key/), 'Sec-WebSocket-Key: YWJj'] }, 400],
    ['two keys', { path: exec, lines: [...good, `Sec-WebSocket-Key: ${'A'.repeat(22)}==`] }, 400],
    ['POST', { path: exec, lines: good, method: 'POST' }, 400],
    ['a body', { path: exec, lines: [...good, 'Content-Length: 5'] }, 400],
    ['no protocol', { path: exec, lines: without(/Protocol/) }, 403],
    ['an unknown protocol', { path: exec, protocols: ['chat'] }, 403],
    [
      'the protocol of a port-forward',
      { path: exec, protocols: ['SPDY/3.1+portforward.k8s.io'] },
      403,
    ],
    [
      'exec over a port-forward',
      { path: `${pod}/portforward`, protocols: ['v5.channel.k8s.io'] },
      403,
    ],
    [
      'a port-forward without ports',
      { path: `${pod}/portforward`, protocols: ['v4.channel.k8s.io'] },
      400,
    ],
    ['h2c', { path: exec, lines: ['Connection: Upgrade', 'Upgrade: h2c'] }, 403],
    ['SPDY/2', { path: exec, lines: ['Connection: Upgrade', 'Upgrade: SPDY/2'] }, 403],
    ['SPDY without protocol', { path: exec, lines: spdyLines([]) }, 403],
    ['SPDY with base64', { path: exec, lines: spdyLines(['base64.channel.k8s.io']) }, 403],
    ['a watch', { path: '/connections/prod/api/v1/pods?watch=1', lines: good }, 403],
    ['a log', { path: `${pod}/log?follow=true`, lines: good }, 403],
    [
      'exec of a service',
      { path: '/connections/prod/api/v1/namespaces/a/services/b/exec', lines: good },
      403,
    ],
    ['more behind exec', { path: `${pod}/exec/x`, lines: good }, 403],
  ])('%s is refused and never reaches the cluster', async (_, request, status) => {
    const { token } = await agent();
    const ours = await client({ ...request, token });
    expect(await ours.head()).toContain(`HTTP/1.1 ${String(status)} `);
    await ours.ended;
    expect(cluster.sides).toHaveLength(0);
    expect(cluster.plain).toHaveLength(0);
  });

  it('exec without any is told what it needs', async () => {
    const { token } = await agent();
    const answer = await gateway.call(exec, { token, method: 'POST' });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('drawbridge upgrade_required');
    expect(cluster.plain).toHaveLength(0);
  });
});

describe('T5 a token as a WebSocket protocol', () => {
  const prefix = 'base64url.bearer.authorization.k8s.io.';
  const named = (token: string) => `${prefix}${Buffer.from(token).toString('base64url')}`;

  it('is believed as one in the header, and never forwarded, recorded or logged', async () => {
    const { token } = await agent();
    const ours = await client({
      path: exec,
      lines: [...webSocketLines([named(token)]), 'Sec-WebSocket-Protocol: v5.channel.k8s.io'],
    });
    expect(await ours.head()).toContain('sec-websocket-protocol: v5.channel.k8s.io');
    const theirs = await cluster.side();
    expect(theirs.request.headers['sec-websocket-protocol']).toBe('v5.channel.k8s.io');
    const secret = named(token).slice(prefix.length);
    const everywhere = [
      theirs.request.rawHeaders.join(),
      await ours.head(),
      JSON.stringify(await gateway.records()),
      gateway.log.join(''),
    ];
    for (const text of everywhere) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(token);
    }
    ours.socket.destroy();
  });

  it.each<[string, (token: string) => UpgradeRequest, number]>([
    [
      'beside a header',
      (token) => ({ path: exec, token, protocols: [named(token), 'v5.channel.k8s.io'] }),
      400,
    ],
    [
      'twice',
      (token) => ({
        path: exec,
        protocols: [named(token), named(`${token}x`), 'v5.channel.k8s.io'],
      }),
      400,
    ],
    ['with nothing beside it', (token) => ({ path: exec, protocols: [named(token)] }), 400],
    [
      'with padding',
      (token) => ({ path: exec, protocols: [`${named(token)}==`, 'v5.channel.k8s.io'] }),
      400,
    ],
    [
      'that is wrong',
      (token) => ({ path: exec, protocols: [named(`${token}x`), 'v5.channel.k8s.io'] }),
      401,
    ],
    ['that is empty', () => ({ path: exec, protocols: [prefix, 'v5.channel.k8s.io'] }), 401],
    [
      'over SPDY',
      (token) => ({
        path: exec,
        lines: [...spdyLines(['v4.channel.k8s.io']), `Sec-WebSocket-Protocol: ${named(token)}, a`],
      }),
      401,
    ],
  ])('%s is refused', async (_, request, status) => {
    const { token } = await agent();
    const ours = await client(request(token));
    expect(await ours.head()).toContain(`HTTP/1.1 ${String(status)} `);
    await ours.ended;
    expect(cluster.sides).toHaveLength(0);
  });
});

describe('T12 broken frames', () => {
  const broken = Buffer.from([0x82, 0x01, 0x00]);
  const statusIn = (bytes: Buffer) => bytes.toString('latin1');

  it('of a client end the session with 1002 and a Status, and go no further', async () => {
    const { ours, theirs, commandId } = await session();
    const good = typed(0, 'good');
    ours.socket.write(good);
    await arrived(theirs.received, good);
    ours.socket.write(broken);
    await ours.ended;
    const text = statusIn(ours.body());
    expect(text).toContain('drawbridge malformed_frames: ');
    expect(ours.body().includes(Buffer.from([0x03, 0xea]))).toBe(true);
    await eventually(() => expect(theirs.ended()).toBe(true));
    expect(theirs.received()).toStrictEqual(good);
    expect(await endOf(commandId)).toMatchObject({ outcome: 'cut', reason: 'malformed_frames' });
  });

  it('of a cluster end the session, and reach no client', async () => {
    const { ours, theirs, commandId } = await session();
    theirs.socket.write(message(1, 'good'));
    await eventually(() => expect(statusIn(ours.body())).toContain('good'));
    const masked_ = Buffer.concat([message(1, 'not seen'), typed(1, 'hidden')]);
    theirs.socket.write(masked_);
    await ours.ended;
    expect(statusIn(ours.body())).not.toContain('not seen');
    expect(statusIn(ours.body())).toContain('drawbridge malformed_frames: ');
    expect(await endOf(commandId)).toMatchObject({
      outcome: 'upstream_failed',
      reason: 'malformed_frames',
    });
  });

  it.each<[string, Buffer]>([
    ['an unknown channel', typed(7, 'x')],
    ['a channel of the other side', typed(1, 'x')],
    ['data behind the end of a channel', Buffer.concat([masked(Buffer.of(255, 0)), typed(0, 'x')])],
    ['a close signal with more behind it', masked(Buffer.of(255, 0, 1))],
    ['a close signal for no channel', masked(Buffer.of(255))],
    ['a close signal for an unknown channel', masked(Buffer.of(255, 9))],
    ['an unknown opcode', masked(Buffer.of(0, 1), 3)],
    ['a compressed frame', Buffer.concat([Buffer.of(0xc2), typed(0, 'x').subarray(1)])],
    ['a continuation of nothing', masked(Buffer.of(0, 1), 0)],
    ['a long ping', masked(Buffer.alloc(126), 9)],
    ['a ping flood', Buffer.concat(Array.from({ length: 600 }, () => masked(Buffer.of(1), 9)))],
    ['a length in a longer form', Buffer.of(0x82, 0xfe, 0, 1, 0, 0, 0, 0, 0)],
    ['a close frame of one byte', masked(Buffer.of(3), 8)],
    ['SPDY', Buffer.concat([ping(1)])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ])('%s ends it', async (_, bytes) => {
    const { ours, theirs, commandId } = await session();
    ours.socket.write(bytes);
    await ours.ended;
    expect(statusIn(ours.body())).toContain('drawbridge malformed_frames: ');
    await eventually(() => expect(theirs.ended()).toBe(true));
    expect((await endOf(commandId)).reason).toBe('malformed_frames');
  });

  it('of SPDY end with the reason on the error stream and GOAWAY', async () => {
    const { ours, theirs } = await session({ transport: 'spdy' });
    const opening = await new SpdyPeer().open(1, { streamtype: 'error' }, 1);
    ours.socket.write(opening);
    await arrived(theirs.received, opening);
    theirs.socket.write(await new SpdyPeer().reply(1));
    await eventually(() => expect(ours.body().length).toBeGreaterThan(0));
    ours.socket.write(spdyDataFrame({ streamId: 99, payload: Buffer.from('x') }));
    await ours.ended;
    expect(statusIn(ours.body())).toContain('drawbridge malformed_frames: ');
    expect(ours.body().subarray(-16)).toStrictEqual(spdyGoAway(1, 1));
  });

  it('in a tunnel end it too', async () => {
    const path = `${pod}/portforward`;
    const { ours, commandId } = await session({ path, protocols: ['SPDY/3.1+portforward.k8s.io'] });
    ours.socket.write(masked(spdyDataFrame({ streamId: 99, payload: Buffer.from('x') })));
    await ours.ended;
    expect(ours.body().includes(Buffer.from([0x03, 0xea]))).toBe(true);
    expect(await endOf(commandId)).toMatchObject({ outcome: 'cut', reason: 'malformed_frames' });
  });
});

describe('T11 a session ends', () => {
  // A process that stalls for half a second right then gives the message no time.
  it('with its grant, in the middle of output, behind the message', { retry: 3 }, async () => {
    const { ours, theirs, commandId } = await shortSession();
    const long = message(1, 'x'.repeat(1_000));
    theirs.socket.write(long.subarray(0, 400));
    await eventually(() => expect(ours.body().length).toBe(400));
    const timer = setInterval(() => {
      if (theirs.received().length > 0) return;
      theirs.socket.write(long.subarray(400));
      theirs.socket.write(long.subarray(0, 400));
    }, 50);
    await ours.ended;
    clearInterval(timer);
    const text = ours.body().toString('latin1');
    expect(text).toContain(
      '"message":"drawbridge grant_expired: your grant ended; ask for a new one"',
    );
    expect(ours.body().subarray(-closeFrame(1000, reasonOfEnd).length)).toStrictEqual(
      closeFrame(1000, reasonOfEnd),
    );
    expect(await endOf(commandId)).toMatchObject({ outcome: 'cut', reason: 'grant_expired' });
  });

  it('not at the end that its grant had before it was extended, but when it is over', async () => {
    const seconds = 20;
    const { ours, theirs, grantId, requestId } = await session({}, seconds);
    const oldEnd = Date.now() + seconds * 1_000;
    const endsAt = new Date(oldEnd + 600_000).toISOString();
    const data = { grantId, round: 2, endsAt, approvers: [] };
    await gateway.append(requestId, { type: 'GrantExtended', data });
    await eventually(() => expect(Date.now()).toBeGreaterThan(oldEnd + 1_000), {
      timeoutMs: 60_000,
    });
    theirs.socket.write(message(1, 'on\n'));
    await eventually(() => expect(ours.body().toString('latin1')).toContain('on\n'));
    await gateway.append(requestId, { type: 'GrantRevoked', data: { grantId, reason: 'test' } });
    await ours.ended;
    expect(ours.body().toString('latin1')).toContain('grant_revoked');
  });

  it('also when its message never ends, and when nobody reads', async () => {
    const { ours, theirs, grantId, requestId } = await session();
    theirs.socket.write(message(1, 'x'.repeat(1_000)).subarray(0, 400));
    await eventually(() => expect(ours.body().length).toBe(400));
    await gateway.append(requestId, { type: 'GrantRevoked', data: { grantId, reason: 'test' } });
    await ours.ended;
    // What came of it went on as a message of its own, so that ours could follow.
    expect(ours.body().subarray(0, 400)).toStrictEqual(message(1, 'x'.repeat(395)));
    expect(ours.body().toString('latin1')).toContain('drawbridge grant_revoked');
    await eventually(() => expect(theirs.ended()).toBe(true));
  });

  it('with the reason in the close frame of a tunnel', async () => {
    const path = `${pod}/portforward`;
    const { ours, requestId, grantId, commandId } = await session({
      path,
      protocols: ['SPDY/3.1+portforward.k8s.io'],
    });
    await gateway.append(requestId, { type: 'GrantRevoked', data: { grantId, reason: 'test' } });
    await ours.ended;
    const goodbye = closeFrame(1008, 'drawbridge grant_revoked: your grant was revoked');
    expect(ours.body().subarray(-goodbye.length)).toStrictEqual(goodbye);
    expect(await endOf(commandId)).toMatchObject({ outcome: 'cut', reason: 'grant_revoked' });
  });

  it('with plain text where the protocol has no Status, and in base64 where it speaks that', async () => {
    const { ours, requestId, grantId } = await session({ protocols: ['base64.channel.k8s.io'] });
    await gateway.append(requestId, { type: 'GrantRevoked', data: { grantId, reason: 'test' } });
    await ours.ended;
    const text = Buffer.from('drawbridge grant_revoked: your grant was revoked').toString('base64');
    expect(ours.body().toString('latin1')).toContain(`3${text}`);
  });

  it('while the cluster has not answered yet: the client is told in HTTP', async () => {
    const { token, requestId, grantId } = await agent();
    cluster.handshake = () => '';
    const ours = await client({ path: exec, token });
    const theirs = await cluster.side();
    await gateway.append(requestId, { type: 'GrantRevoked', data: { grantId, reason: 'test' } });
    expect(await ours.head()).toContain(' 403 ');
    await ours.ended;
    expect(ours.body().toString()).toContain('drawbridge grant_revoked');
    await eventually(() => expect(theirs.ended()).toBe(true));
  });

  it('with its client, and with its cluster', async () => {
    const left = await session();
    left.ours.socket.destroy();
    await eventually(() => expect(left.theirs.ended()).toBe(true));
    expect((await endOf(left.commandId)).outcome).toBe('client_gone');
    const lost = await session();
    lost.theirs.socket.destroy();
    await lost.ours.ended;
    expect(await endOf(lost.commandId)).toMatchObject({
      outcome: 'upstream_failed',
      reason: 'upstream_failed',
    });
  });

  it('not by being idle: the operating system asks whether peers are there', async () => {
    const { ours, theirs } = await session();
    expect(await keepAliveTimers(gateway.raw.port)).toBeGreaterThan(0);
    expect(await keepAliveTimers(Number(new URL(cluster.address).port))).toBeGreaterThan(0);
    expect(theirs.ended()).toBe(false);
    ours.socket.destroy();
  });
});

const reasonOfEnd = 'drawbridge grant_expired: your grant ended; ask for a new one';

/** Sockets of this process to or from a port that have a keep-alive timer, as Linux lists them. */
async function keepAliveTimers(port: number): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = (await readFile('/proc/self/net/tcp', 'utf8')).split('\n');
  const ours = lines.filter((line) => line.includes(`:${hex} `) && / 01 /.test(line));
  return ours.filter((line) => / 02:/.test(line)).length;
}
