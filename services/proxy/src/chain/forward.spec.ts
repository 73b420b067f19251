import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { Http1Answer } from '../listener/http1-exchange.js';
import { Http1Message, Http1Response } from '../listener/http1-message.js';
import { CutSwitch } from '../streams/cut-switch.js';
import { forward } from './forward.js';
import { openChannel } from './open-channel.js';
import type { ChannelRequest } from './negotiate-channel.js';
import type { Tracked } from './track-live.js';

/** A call whose grant ended while it was recorded; says whether a credential was asked for. */
function endedCall() {
  const cutSwitch = new CutSwitch();
  cutSwitch.cut('grant_revoked');
  const asked: unknown[] = [];
  const answer = new Http1Answer(new Http1Response(new Http1Message(new Socket())));
  const prepare = (identity: unknown) => {
    asked.push(identity);
    return Promise.reject(new Error('not for a grant that has ended'));
  };
  const call = { cutSwitch, answer, upstream: { prepare }, commandId: 'c-1' };
  return { asked, call: call as unknown as Tracked };
}

const channel = { handshake: { transport: 'websocket', rawHeaders: [], protocols: [] } };
const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };

it.each([
  ['a plain call', forward()],
  ['a channel', openChannel({ logger })(channel as unknown as ChannelRequest)],
])('of a grant that ended while it was recorded, %s gets no credential', async (_name, handler) => {
  const { call, asked } = endedCall();
  await expect(handler(call)).rejects.toMatchObject({ code: 'grant_revoked' });
  expect(asked).toStrictEqual([]);
});
