import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { CallRefused } from '../domain/call-refused.js';
import { Http1Answer } from '../listener/http1-exchange.js';
import { Http1Message, Http1Response } from '../listener/http1-message.js';
import { RequestHeaders } from '../domain/request-headers.js';
import { parseKubeRequest } from '../domain/kube-request.js';
import { CutSwitch } from '../streams/cut-switch.js';
import { forward } from './forward.js';
import { RecordedSession } from '../recording/record-session.js';
import { openChannel } from './open-channel.js';
import type { ChannelRequest } from './negotiate-channel.js';
import type { UpstreamListener } from '../upstream/upstream.js';
import type { Tracked } from './track-live.js';

const newAnswer = () => new Http1Answer(new Http1Response(new Http1Message(new Socket())));

/** A call whose grant ended while it was recorded; says whether a credential was asked for. */
function endedCall() {
  const cutSwitch = new CutSwitch();
  cutSwitch.cut('grant_revoked');
  const asked: unknown[] = [];
  const answer = newAnswer();
  const prepare = (identity: unknown) => {
    asked.push(identity);
    return Promise.reject(new Error('not for a grant that has ended'));
  };
  const call = { cutSwitch, answer, upstream: { prepare }, commandId: 'c-1' };
  return { asked, call: call as unknown as Tracked };
}

const unrecorded = () => undefined;
const channel = { handshake: { transport: 'websocket', rawHeaders: [], protocols: [] } };
const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };

it.each([
  ['a plain call', forward(unrecorded)],
  [
    'a channel',
    openChannel({
      logger,
      watch: () => undefined,
      record: () => new RecordedSession({ tty: false, watch: undefined }),
    })(channel as unknown as ChannelRequest),
  ],
])('of a grant that ended while it was recorded, %s gets no credential', async (_name, handler) => {
  const { call, asked } = endedCall();
  await expect(async () => handler(call)).rejects.toMatchObject({ code: 'grant_revoked' });
  expect(asked).toStrictEqual([]);
});

it('a call whose grant ends while its credential is made is told so, not that there was none', async () => {
  const cutSwitch = new CutSwitch();
  const answer = newAnswer();
  const made = Promise.withResolvers<never>();
  const upstream = { prepare: () => made.promise };
  const grant = { grantId: 'g-1', accessRequestId: 'r-1', endsAtMs: 0 };
  const call = { cutSwitch, answer, upstream, grant, commandId: 'c-1', agent: {} };
  const ended = forward(unrecorded)(call as unknown as Tracked);
  cutSwitch.cut('grant_expired');
  made.reject(new CallRefused('credential_unavailable', 'closed'));
  await expect(ended).rejects.toMatchObject({ code: 'grant_expired' });
});

it('T11 a read whose grant ends before it is on the record is ended, and shows nothing', async () => {
  const cutSwitch = new CutSwitch();
  const answer = newAnswer();
  const flow: string[] = [];
  let listener: UpstreamListener | undefined;
  const send = (_request: unknown, told: UpstreamListener) => {
    listener = told;
    return {
      pause: () => flow.push('pause'),
      resume: () => flow.push('resume'),
      abort: () => flow.push('abort'),
    };
  };
  let settle: () => void = () => undefined;
  const record = {
    isStored: false,
    refusal: undefined,
    onSettled: (told: (refusal: undefined) => void) => {
      settle = () => told(undefined);
    },
  };
  const kube = parseKubeRequest('GET', '/api/v1/namespaces/payments/secrets');
  const call = {
    ...{ cutSwitch, answer, upstream: { prepare: () => ({ send }) }, commandId: 'c-1', agent: {} },
    ...{ connection: 'prod', kube, record, body: { kind: 'none' }, mask: { masker: {} } },
    request: { headers: new RequestHeaders([]), announced: undefined, complete: true },
  };
  const ended = forward(unrecorded)(call as unknown as Tracked);
  listener?.onHead(200, ['content-type', 'application/json']);
  listener?.onData(Buffer.from('secret'), false);
  expect(answer.headersSent).toBe(false);
  cutSwitch.cut('grant_revoked');
  await expect(ended).rejects.toMatchObject({ code: 'grant_revoked' });
  expect(flow).toStrictEqual(['pause', 'abort']);
  settle();
  expect(answer.headersSent).toBe(false);
});

it('T26 a read whose record is refused while its credential is made is not sent', async () => {
  const made = Promise.withResolvers<unknown>();
  const sent: unknown[] = [];
  const record: { refusal: CallRefused | undefined } = { refusal: undefined };
  const kube = parseKubeRequest('GET', '/api/v1/namespaces/payments/pods');
  const call = {
    ...{ cutSwitch: new CutSwitch(), answer: newAnswer(), kube, commandId: 'c-1', agent: {} },
    ...{ connection: 'prod', record, body: { kind: 'none' }, mask: { masker: {} } },
    ...{ upstream: { prepare: () => made.promise }, request: { headers: new RequestHeaders([]) } },
  };
  const ended = forward(unrecorded)(call as unknown as Tracked);
  record.refusal = new CallRefused('record_unavailable', 'x');
  made.resolve({ send: () => sent.push('sent') });
  await expect(ended).rejects.toBe(record.refusal);
  expect(sent).toStrictEqual([]);
});

it('a read that cannot be sent is told once, and nothing more when its record is refused', async () => {
  const told: unknown[] = [];
  const record = {
    isStored: false,
    refusal: undefined,
    onSettled: (listener: unknown) => told.push(listener),
  };
  const kube = parseKubeRequest('GET', '/api/v1/namespaces/payments/pods');
  const send = () => {
    throw new CallRefused('upstream_suspended', 'x');
  };
  const call = {
    ...{ cutSwitch: new CutSwitch(), answer: newAnswer(), kube, commandId: 'c-1', agent: {} },
    ...{ connection: 'prod', record, body: { kind: 'none' }, mask: { masker: {} } },
    ...{ upstream: { prepare: () => ({ send }) }, request: { headers: new RequestHeaders([]) } },
  };
  await expect(async () => forward(unrecorded)(call as unknown as Tracked)).rejects.toMatchObject({
    code: 'upstream_suspended',
  });
  expect(told).toStrictEqual([]);
});
