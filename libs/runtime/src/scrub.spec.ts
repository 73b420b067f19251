import { describe, expect, it } from 'vitest';
import { scrub, scrubText } from './scrub.js';

const jwt = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhIn0.c2lnbmF0dXJl-_x';
const pem = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----';

describe('text that looks like a secret', () => {
  it.each([
    ['a JWT', jwt],
    ['a JWT without signature', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.'],
    ['a Slack bot token', ['xoxb', '1234567890', 'abcdefABCDEF'].join('-')],
    ['a Slack user token', ['xoxp', '1', '2', 'abcdef'].join('-')],
    ['a Slack app token', ['xapp', '1', 'A0', 'abcdef'].join('-')],
    ['a private key', pem],
    ['a private key that was cut off', '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANB'],
    ['a bearer header', 'Bearer abcdef0123456789'],
    ['a bearer header in capitals', 'BEARER abcdef0123456789'],
    ['a basic header', 'Basic dXNlcjpwYXNzd29yZA=='],
    ['an EKS token', 'k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9u'],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE'],
  ])('%s is replaced, what stands around it is not', (_what, secret) => {
    const text = scrubText(`before "${secret}`);
    expect(text).toMatch(/^before "/);
    expect(text).toContain('[redacted]');
    for (const part of secret.split(/[.\s]/).filter((piece) => piece.length > 12)) {
      expect(text).not.toContain(part);
    }
  });

  it('is a password in an address', () => {
    const text = scrubText('cannot reach nats://policy:hunter2@nats:4222 now');
    expect(text).toBe('cannot reach nats://[redacted]@nats:4222 now');
  });

  it.each([
    'token_expired: the token expired at 2026-01-05T09:00:00Z',
    'GET /v1/access-requests/01928d3e-0000-7000-8000-000000000001 404',
    'the Bearer token is empty',
    'rollout restart deployment/checkout in payments',
    'https://idp.test/realms/corp#agent-oncall',
  ])('is not in %j', (text) => {
    expect(scrubText(text)).toBe(text);
  });

  it('is found after a very long text, and the text is cut', () => {
    const text = scrubText(`${'x'.repeat(20_000)}${jwt}`);
    expect(text.length).toBeLessThan(9_000);
    expect(text).toMatch(/\(cut\)$/);
  });
});

describe('fields that hold secrets', () => {
  it.each([
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'password',
    'NATS_PASSWORD',
    'passphrase',
    'accessToken',
    'access_token',
    'id_token',
    'clientSecret',
    'slackSigningSecret',
    'privateKey',
    'private_key',
    'apiKey',
    'x-slack-signature',
    'client_assertion',
    'credential',
    'credentials',
    'kubeconfig',
  ])('%s is replaced, text or not', (name) => {
    const clean = { [name]: '[redacted]' };
    expect(scrub({ [name]: 'plain words' })).toStrictEqual(clean);
    expect(scrub({ [name]: { deep: 'plain words' } })).toStrictEqual(clean);
    expect(scrub({ [name]: ['plain words'] })).toStrictEqual(clean);
    expect(scrub({ a: [{ [name]: 'plain words' }] })).toStrictEqual({ a: [clean] });
  });

  it('stay when they only tell how many, or whether', () => {
    const value = { tokens: 3, token: 5, password: false, secret: undefined, cookie: null };
    expect(scrub(value)).toStrictEqual(value);
  });

  it('are told from those that only sound alike', () => {
    const value = { tokenId: 'abc', secretName: 'db', passwordless: 'yes', cookieCount: 'two' };
    expect(scrub(value)).toStrictEqual(value);
  });
});

describe('a value to be logged', () => {
  it('keeps an error with its cause, and of its own fields only the code', () => {
    const cause = Object.assign(new TypeError(`refused ${jwt}`), {
      config: { headers: { Authorization: 'x' } },
      code: 'ECONNREFUSED',
    });
    const error = scrub(new Error('no answer', { cause }));
    expect(error).toMatchObject({
      type: 'Error',
      message: 'no answer',
      cause: { type: 'TypeError', message: 'refused [redacted]', code: 'ECONNREFUSED' },
    });
    expect(JSON.stringify(error)).not.toMatch(/config|eyJ/);
  });

  it('may hold itself, be deep or wide', () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle['self'] = circle;
    expect(scrub(circle)).toStrictEqual({ a: 1, self: '(omitted)' });
    let deep: object = {};
    for (let depth = 0; depth < 10_000; depth += 1) deep = { deep };
    expect(JSON.stringify(scrub(deep)).length).toBeLessThan(200);
    const wide = Array.from({ length: 10_000 }, (_, index) => index);
    expect(scrub(wide)).toHaveLength(100);
  });

  it('shows the same object twice when it stands beside itself', () => {
    const shared = { a: 1 };
    expect(scrub({ one: shared, two: shared })).toStrictEqual({ one: { a: 1 }, two: { a: 1 } });
  });

  it('holds no bytes, functions or big integers', () => {
    const value = { bytes: Buffer.from('secret'), call: () => 1, big: 10n, date: new Date(0) };
    expect(scrub(value)).toStrictEqual({
      bytes: '(6 bytes)',
      call: undefined,
      big: '10',
      date: new Date(0),
    });
  });

  it('does not run accessors that throw into the log call', () => {
    const trap = Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        throw new Error('trap');
      },
    });
    expect(() => scrub({ trap })).not.toThrow();
  });
});
