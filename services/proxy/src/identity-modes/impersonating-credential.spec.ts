import { describe, expect, it } from 'vitest';
import type { CallIdentity, Credential } from '../credentials/credential.js';
import { impersonating } from './impersonating-credential.js';

const call: CallIdentity = {
  agent: { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] },
  grantId: 'g',
  accessRequestId: 'r',
  commandId: 'c',
  grantEndsAtMs: 0,
};
const token = ['authorization', 'Bearer canary'];
const identity = {
  mode: 'impersonate',
  userPrefix: 'x:',
  groupPrefix: 'x:',
  ephemeralRbac: false,
} as const;

function credential(headers: Credential['headers']) {
  const seen: string[] = [];
  const own: Credential = {
    headers,
    tls: () => ({ cert: 'cert', key: 'key' }),
    refused: ({ commandId }) => seen.push(commandId),
    close: () => Promise.resolve(void seen.push('closed')),
  };
  return { own, seen };
}

describe('a credential', () => {
  it('is used as it is in mode gateway, which is the default', () => {
    const { own } = credential(() => token);
    expect(impersonating(own)).toBe(own);
    expect(impersonating(own, { mode: 'gateway' })).toBe(own);
  });

  it.each([
    ['at once', () => token],
    ['later', () => Promise.resolve(token)],
  ])('that is there %s carries who the call is for', async (_, headers) => {
    const joined = await impersonating(credential(headers).own, identity).headers(call);
    expect(joined.slice(0, 4)).toStrictEqual([
      ...token,
      'impersonate-user',
      'x:https://idp.test#a',
    ]);
    expect(joined.slice(-1)).toStrictEqual(['c']);
  });

  it('that is in memory makes no promise', () => {
    expect(impersonating(credential(() => token).own, identity).headers(call)).toBeInstanceOf(
      Array,
    );
  });

  it('T3 is not even asked for when the agent cannot be told', () => {
    let asked = 0;
    const { own } = credential(() => {
      asked += 1;
      return token;
    });
    const nobody = { ...call, agent: { ...call.agent, subject: ' ' } };
    expect(() => impersonating(own, identity).headers(nobody)).toThrow('blank');
    expect(asked).toBe(0);
  });

  it('keeps its certificate, and hears of refusals and the end', async () => {
    const { own, seen } = credential(() => token);
    const wrapped = impersonating(own, identity);
    expect(await wrapped.tls?.()).toStrictEqual({ cert: 'cert', key: 'key' });
    wrapped.refused?.(call);
    await wrapped.close();
    expect(seen).toStrictEqual(['c', 'closed']);
    const without = { headers: () => token, close: () => Promise.resolve() };
    expect('tls' in impersonating(without, identity)).toBe(false);
  });
});
