import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signedHeaders, webhookKey } from './sign-message.js';

describe('a message of a webhook', () => {
  it('is signed as Standard Webhooks says: their own example', () => {
    const key = webhookKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')!;
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    };
    expect(signedHeaders(message, [key])).toStrictEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('has a signature for each key, and another for another body, id or time', () => {
    const keys = [Buffer.alloc(24, 1), Buffer.alloc(24, 2)];
    const message = { id: 'a', timestamp: 1, body: 'b' };
    const signature = (changed: object) =>
      signedHeaders({ ...message, ...changed }, keys)['webhook-signature'] ?? '';
    const expected = keys.map(
      (key) => `v1,${createHmac('sha256', key).update('a.1.b').digest('base64')}`,
    );
    expect(signature({})).toBe(expected.join(' '));
    const others = [{ id: 'x' }, { timestamp: 2 }, { body: 'c' }].map(signature);
    expect(new Set([signature({}), ...others]).size).toBe(4);
  });

  it.each(['', 'whsec_', 'whsec_c2hvcnQ=', 'secret', `whsec_${'A'.repeat(100)}`, 'whsec_!!!'])(
    'is not signed with "%s"',
    (secret) => expect(webhookKey(secret)).toBeUndefined(),
  );
});
