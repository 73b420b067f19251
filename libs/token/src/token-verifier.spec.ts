import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { TrustBundle } from '@drawbridge/contracts';
import { TokenMemo } from './token-memo.js';
import { TokenVerifier } from './token-verifier.js';

const start = new Date('2026-01-05T09:00:00Z');
const issuer = 'https://idp.corp.test';
const first = generateKeyPairSync('rsa', { modulusLength: 2048 });
const second = generateKeyPairSync('rsa', { modulusLength: 2048 });

const bundleOf = (keys: Readonly<Record<string, KeyPairKeyObjectResult>>, extra = {}) =>
  TrustBundle.parse({
    revision: 1,
    publishedAt: start.toISOString(),
    issuers: [
      {
        issuer,
        audiences: ['drawbridge'],
        algorithms: ['RS256'],
        clockSkewSeconds: 0,
        claims: { kind: 'agent' },
        keys: Object.entries(keys).map(([kid, key]) => ({
          ...key.publicKey.export({ format: 'jwk' }),
          kid,
        })),
        ...extra,
      },
    ],
  });

const signed = (kid: string, key: KeyPairKeyObjectResult, lifeSeconds = 600) =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'RS256', kid })
    .setIssuer(issuer)
    .setAudience('drawbridge')
    .setSubject('agent-oncall')
    .setExpirationTime(start.getTime() / 1000 + lifeSeconds)
    .sign(key.privateKey)
    .then((token) => `Bearer ${token}`);

const later = (ms: number) => new Date(start.getTime() + ms);

describe('a token verifier', () => {
  it('refuses every token before the first bundle', async () => {
    const verifier = new TokenVerifier(
      () => undefined,
      () => start,
    );
    await expect(verifier.verify(await signed('1', first))).rejects.toMatchObject({
      code: 'trust_unavailable',
    });
  });

  it('says that a token is missing even before the first bundle', async () => {
    const verifier = new TokenVerifier(
      () => undefined,
      () => start,
    );
    await expect(verifier.verify(undefined)).rejects.toMatchObject({ code: 'token_missing' });
  });

  it('verifies a repeated token once', async () => {
    const bundle = bundleOf({ 1: first });
    const verifier = new TokenVerifier(
      () => bundle,
      () => start,
    );
    const authorization = await signed('1', first);
    const [one, two] = await Promise.all([
      verifier.verify(authorization),
      verifier.verify(authorization),
    ]);
    expect(one).toBe(two);
    expect(await verifier.verify(authorization)).toBe(one);
  });

  it('verifies again after 60 seconds', async () => {
    const bundle = bundleOf({ 1: first });
    let now = start;
    const verifier = new TokenVerifier(
      () => bundle,
      () => now,
    );
    const authorization = await signed('1', first);
    const verified = await verifier.verify(authorization);
    now = later(59_999);
    expect(await verifier.verify(authorization)).toBe(verified);
    now = later(60_000);
    expect(await verifier.verify(authorization)).not.toBe(verified);
  });

  it('refuses a cached token at its end', async () => {
    const bundle = bundleOf({ 1: first });
    let now = start;
    const verifier = new TokenVerifier(
      () => bundle,
      () => now,
    );
    const authorization = await signed('1', first, 10);
    await verifier.verify(authorization);
    now = later(10_000);
    await expect(verifier.verify(authorization)).rejects.toMatchObject({ code: 'token_expired' });
  });

  it.each([
    ['without the issuer', { issuers: [] }, 'token_issuer_unknown'],
    ['without the key', bundleOf({ 2: second }), 'token_key_unknown'],
    [
      'that disables the subject',
      bundleOf({ 1: first }, { disabledSubjects: ['agent-oncall'] }),
      'token_subject_disabled',
    ],
  ])('refuses a cached token from the first bundle %s on', async (_, next, code) => {
    let bundle = bundleOf({ 1: first });
    const verifier = new TokenVerifier(
      () => bundle,
      () => start,
    );
    const authorization = await signed('1', first);
    await verifier.verify(authorization);
    bundle = { ...bundle, ...next, revision: 2 };
    await expect(verifier.verify(authorization)).rejects.toMatchObject({ code });
  });

  it('T11 refuses a token whose issuer is removed while it is verified', async () => {
    let bundle = bundleOf({ 1: first });
    const verifier = new TokenVerifier(
      () => bundle,
      () => start,
    );
    const verifying = verifier.verify(await signed('1', first));
    bundle = { ...bundle, issuers: [], revision: 2 };
    await expect(verifying).rejects.toMatchObject({ code: 'token_issuer_unknown' });
  });

  it('asks for newer keys once and judges the token by them', async () => {
    let bundle = bundleOf({ 1: first });
    let asked = 0;
    const refresh = () => {
      asked += 1;
      bundle = bundleOf({ 1: first, 2: second });
      return Promise.resolve();
    };
    const verifier = new TokenVerifier(
      () => bundle,
      () => start,
      refresh,
    );
    await expect(verifier.verify(await signed('2', second))).resolves.toBeDefined();
    expect(asked).toBe(1);
  });

  it.each([
    { kid: '3', key: first, code: 'token_key_unknown', expected: 1 },
    { kid: '1', key: second, code: 'token_signature_invalid', expected: 0 },
  ])('refuses with $code and has asked for keys $expected times', async (one) => {
    const bundle = bundleOf({ 1: first });
    let asked = 0;
    const refresh = () => {
      asked += 1;
      return Promise.resolve();
    };
    const verifier = new TokenVerifier(
      () => bundle,
      () => start,
      refresh,
    );
    const authorization = await signed(one.kid, one.key);
    await expect(verifier.verify(authorization)).rejects.toMatchObject({ code: one.code });
    expect(asked).toBe(one.expected);
  });
});

describe.each([
  ['', () => undefined],
  [', asked again on the same connection,', () => new TokenMemo()],
])('a token that was verified lately%s', (_how, newMemo) => {
  const remembered = async (lifeSeconds?: number) => {
    const state = { bundle: bundleOf({ 1: first }), now: start };
    const verifier = new TokenVerifier(
      () => state.bundle,
      () => state.now,
    );
    const authorization = await signed('1', first, lifeSeconds);
    const memo = newMemo();
    const recall = (header: string | undefined) => verifier.recall(header, memo);
    return { state, verifier, authorization, recall };
  };

  it('is recalled without a promise, and another is not', async () => {
    const { verifier, authorization, recall } = await remembered();
    expect(recall(authorization)).toBeUndefined();
    const verified = await verifier.verify(authorization);
    expect(recall(authorization)).toBe(verified);
    expect(recall(`${authorization}x`)).toBeUndefined();
  });

  it('T5 is recalled neither behind its end nor after a minute', async () => {
    const { state, verifier, authorization, recall } = await remembered(30);
    await verifier.verify(authorization);
    state.now = later(29_999);
    expect(recall(authorization)).toBeDefined();
    state.now = later(30_000);
    expect(recall(authorization)).toBeUndefined();
    const longer = await remembered();
    await longer.verifier.verify(longer.authorization);
    expect(longer.recall(longer.authorization)).toBeDefined();
    longer.state.now = later(60_000);
    expect(longer.recall(longer.authorization)).toBeUndefined();
  });

  it('T11 is not recalled by another bundle', async () => {
    const { state, verifier, authorization, recall } = await remembered();
    await verifier.verify(authorization);
    expect(recall(authorization)).toBeDefined();
    state.bundle = bundleOf({ 1: first }, { disabledSubjects: ['agent-oncall'] });
    expect(recall(authorization)).toBeUndefined();
    await expect(verifier.verify(authorization)).rejects.toMatchObject({
      code: 'token_subject_disabled',
    });
  });

  it('is not recalled while it is still being verified, nor when it was refused', async () => {
    const { verifier, recall } = await remembered();
    const unknown = await signed('1', second);
    const verifying = verifier.verify(unknown);
    expect(recall(unknown)).toBeUndefined();
    await expect(verifying).rejects.toMatchObject({ code: 'token_signature_invalid' });
    expect(recall(unknown)).toBeUndefined();
  });

  it('that is none is refused as ever', async () => {
    const { recall } = await remembered();
    expect(() => recall(undefined)).toThrow('Authorization');
    expect(() => recall('Basic x')).toThrow('Bearer');
  });
});
