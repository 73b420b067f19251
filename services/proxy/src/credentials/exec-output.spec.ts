import { describe, expect, it } from 'vitest';
import { lifeOf } from './exec-credential.js';
import { readExecOutput } from './exec-output.js';

const v1 = 'client.authentication.k8s.io/v1';
const output = (status: object, more: object = {}) =>
  JSON.stringify({ apiVersion: v1, kind: 'ExecCredential', status, ...more });
const read = (text: string) => readExecOutput(text, v1);

describe('the output of a credential plugin', () => {
  it('is a token with its end', () => {
    const expirationTimestamp = '2026-01-05T09:15:00Z';
    expect(read(output({ token: 'CANARY', expirationTimestamp }))).toStrictEqual({
      headers: ['authorization', 'Bearer CANARY'],
      tls: undefined,
      expiresAt: new Date(expirationTimestamp),
    });
  });

  it('may repeat what it was asked', () => {
    const spec = { interactive: false };
    expect(read(output({ token: 't' }, { spec, metadata: {} })).headers[1]).toBe('Bearer t');
  });

  it.each([
    ['no JSON', 'CANARY'],
    ['JSON of something else', '"CANARY"'],
    ['another kind', output({ token: 'CANARY' }, { kind: 'Secret' })],
    ['another version', output({ token: 'CANARY' }, { apiVersion: 'CANARY/v1' })],
    ['no status', JSON.stringify({ apiVersion: v1, kind: 'ExecCredential' })],
    ['an empty status', output({})],
    ['an unknown field', output({ token: 't', CANARY: 1 })],
    ['a token that is no text', output({ token: ['CANARY'] })],
    ['a token with a header in it', output({ token: 'CANARY\r\nX-Evil: 1' })],
    ['an end that is no instant', output({ token: 't', expirationTimestamp: 'CANARY' })],
    ['a certificate without key', output({ clientCertificateData: 'CANARY' })],
    ['a key without certificate', output({ token: 't', clientKeyData: 'CANARY' })],
    ['a pair that is none', output({ clientCertificateData: 'CANARY', clientKeyData: 'CANARY' })],
  ])('is refused when it is %s, and not told', (_name, text) => {
    const failure = (() => {
      try {
        read(text);
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toMatchObject({ name: 'CredentialFailure' });
    const { message, stack, cause } = failure as Error;
    expect(`${message} ${stack ?? ''} ${String(cause)}`).not.toContain('CANARY');
  });
});

describe('how long it is used', () => {
  const now = Date.parse('2026-01-05T09:00:00Z');
  const until = (ms: number) => lifeOf({ tls: undefined, expiresAt: new Date(now + ms) }, now);

  it('is without end when it has none', () => {
    const forever = { usableMs: Infinity, renewAfterMs: Infinity };
    expect(lifeOf({ tls: undefined, expiresAt: undefined }, now)).toStrictEqual(forever);
  });

  it('ends a minute early, or a tenth, and is renewed before', () => {
    expect(until(3_600_000)).toStrictEqual({ usableMs: 3_540_000, renewAfterMs: 2_700_000 });
    expect(until(10_000)).toStrictEqual({ usableMs: 9_000, renewAfterMs: 7_500 });
  });

  it('is nothing when it has ended', () => {
    expect(() => until(0)).toThrow('has expired');
  });
});
