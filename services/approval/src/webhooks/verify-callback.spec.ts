import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callbackKey, verifyCallback, type CallbackScheme } from './verify-callback.js';

/** Of the libraries of Standard Webhooks. */
const vector = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const keyOf = (scheme: CallbackScheme, secret: string) => {
  const key = callbackKey(scheme, secret);
  if (key === undefined) throw new Error('no key');
  return key;
};
const key = keyOf('standard', vector.secret);
const other = keyOf('standard', `whsec_${Buffer.alloc(32, 7).toString('base64')}`);

const call = (more: {
  readonly id?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly signature?: string;
  readonly body?: string;
  readonly keys?: readonly Buffer[];
  readonly nowSeconds?: number;
}) => {
  const headers: Record<string, string | undefined> = {
    'webhook-id': 'id' in more ? more.id : vector.id,
    'webhook-timestamp': 'timestamp' in more ? more.timestamp : String(vector.timestamp),
    'webhook-signature': 'signature' in more ? more.signature : vector.signature,
  };
  const callback = {
    header: (name: string) => headers[name],
    body: Buffer.from(more.body ?? vector.body),
  };
  const now = new Date((more.nowSeconds ?? vector.timestamp) * 1000);
  return verifyCallback('standard', callback, { keys: more.keys ?? [key], now });
};
const unsigned = { refused: 'callback_signature_invalid' };

describe('a callback by Standard Webhooks', () => {
  it('is believed with the signature of the specification', () =>
    expect(call({})).toStrictEqual({ callbackId: vector.id }));

  it('is believed with either secret while one is changed, and with one signature of several', () => {
    expect(call({ keys: [other, key] })).toStrictEqual({ callbackId: vector.id });
    expect(call({ signature: `v1,AAAA ${vector.signature}` })).toHaveProperty('callbackId');
  });

  it.each([
    ['another secret', { keys: [other] }],
    ['no secret at all', { keys: [] }],
    ['another body', { body: '{"test": 2432232315}' }],
    ['another id', { id: 'msg_other' }],
    ['another time', { timestamp: String(vector.timestamp + 1) }],
    ['no signature', { signature: '' }],
    ['a signature of another version', { signature: vector.signature.replace('v1,', 'v2,') }],
    ['a signature without its version', { signature: vector.signature.replace('v1,', '') }],
    ['no id', { id: undefined }],
    ['no time', { timestamp: undefined }],
    ['a time that is none', { timestamp: '1e9' }],
  ])('is not believed with %s', (_, more) => expect(call(more)).toStrictEqual(unsigned));

  it('is believed for five minutes, before and behind', () => {
    for (const seconds of [-300, 300]) {
      expect(call({ nowSeconds: vector.timestamp + seconds })).toHaveProperty('callbackId');
    }
    for (const seconds of [-301, 301]) {
      expect(call({ nowSeconds: vector.timestamp + seconds })).toStrictEqual({
        refused: 'callback_too_old',
      });
    }
  });

  it('does not say that it is too old unless it is signed', () =>
    expect(call({ nowSeconds: 0, keys: [other] })).toStrictEqual(unsigned));

  it('looks at no more signatures than there may be keys', () => {
    const many = Array.from({ length: 4 }, () => 'v1,AAAA').join(' ');
    expect(call({ signature: `${many} ${vector.signature}` })).toStrictEqual(unsigned);
  });
});

describe('a callback as Jira signs it', () => {
  /** Of Atlassian's documentation. */
  const secret = "It's a Secret to Everybody";
  const body = 'Hello World!';
  const signature = 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9';
  const hub = (header: string | undefined, text = body, keys = [keyOf('hub-sha256', secret)]) =>
    verifyCallback(
      'hub-sha256',
      {
        header: (name) => (name === 'x-hub-signature' ? header : 'something'),
        body: Buffer.from(text),
      },
      { keys, now: new Date(0) },
    );

  it('is believed, and known again by its body alone', () => {
    const verdict = hub(signature);
    expect('callbackId' in verdict && verdict.callbackId).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(hub(signature)).toStrictEqual(verdict);
    const longer = createHmac('sha256', secret).update(`${body} `).digest('hex');
    expect(hub(`sha256=${longer}`, `${body} `)).not.toStrictEqual(verdict);
  });

  it.each([
    ['no signature', undefined],
    ['another', signature.replace('a4', 'a5')],
    ['one of another method', signature.replace('sha256', 'sha1')],
    ['several in one', `${signature} ${signature}`],
  ])('is not believed with %s', (_, header) => expect(hub(header)).toStrictEqual(unsigned));

  it('is not believed with another body or another secret', () => {
    expect(hub(signature, 'Hello World?')).toStrictEqual(unsigned);
    expect(hub(signature, body, [keyOf('hub-sha256', `${secret}!`)])).toStrictEqual(unsigned);
  });
});

describe('a secret for callbacks', () => {
  it('is one of Standard Webhooks, or a text that is long enough', () => {
    expect(callbackKey('standard', 'plain text')).toBeUndefined();
    expect(callbackKey('hub-sha256', 'fifteen letters')).toBeUndefined();
    expect(callbackKey('hub-sha256', 'sixteen letters!')).toHaveLength(16);
    expect(callbackKey('hub-sha256', '')).toBeUndefined();
  });
});
