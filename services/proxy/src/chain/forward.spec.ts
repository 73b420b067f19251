import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { CallRefused } from '../domain/call-refused.js';
import { Http1Answer } from '../listener/http1-exchange.js';
import { Http1Message, Http1Response } from '../listener/http1-message.js';
import { CutSwitch } from '../streams/cut-switch.js';
import { forward } from './forward.js';
import { RecordedSession } from '../recording/record-session.js';
import { openChannel } from './open-channel.js';
import type { ChannelRequest } from './negotiate-channel.js';
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
