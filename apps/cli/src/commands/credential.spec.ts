import { describe, expect, it } from 'vitest';
import type { Terminal } from '../terminal.js';
import { credential } from './credential.js';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const exp = Date.parse('2026-01-05T10:00:00Z') / 1000;

async function credentialFor(token: string): Promise<unknown> {
  let printed = '';
  const terminal: Terminal = {
    env: { DRAWBRIDGE_TOKEN: token },
    out: (text) => (printed += text),
    note: () => undefined,
    clock: () => new Date('2026-01-05T09:00:00Z'),
    program: '/opt/drawbridge/main.js',
    interrupted: new AbortController().signal,
  };
  await credential(terminal, []);
  return JSON.parse(printed);
}
const of = (status: object) => ({
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  status,
});

describe('the credential of a token from the environment', () => {
  it('is asked for again before the token ends', async () => {
    const token = `${part({ alg: 'RS256' })}.${part({ exp })}.signature`;
    expect(await credentialFor(token)).toEqual(
      of({ token, expirationTimestamp: '2026-01-05T09:59:30Z' }),
    );
  });

  it.each([
    'opaque',
    'a.b.c',
    `a.${part({ exp: 'soon' })}.c`,
    `a.${part([])}.c`,
    `a.${Buffer.from('null').toString('base64url')}.c`,
  ])('has no end when the token does not tell one: %s', async (token) => {
    expect(await credentialFor(token)).toEqual(of({ token }));
  });
});
