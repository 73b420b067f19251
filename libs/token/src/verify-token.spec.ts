import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TrustBundle, TrustedIssuer } from '@drawbridge/contracts';
import { TokenRefused, type TokenRefusal } from './token-refused.js';
import { verifyToken } from './verify-token.js';

const now = new Date('2026-01-05T09:00:00Z');
const seconds = now.getTime() / 1000;
const issuer = 'https://idp.corp.test';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = (key: KeyObject, extra: object) => ({ ...key.export({ format: 'jwk' }), ...extra });

const trusted = (overrides: Record<string, unknown> = {}) =>
  TrustedIssuer.parse({
    issuer,
    audiences: ['drawbridge'],
    algorithms: ['RS256', 'ES256'],
    clockSkewSeconds: 30,
    claims: { kind: { pointer: '/kind', agent: ['agent'], human: ['human'] }, groups: '/groups' },
    keys: [jwk(rsa.publicKey, { kid: 'rsa-1', use: 'sig' }), jwk(ec.publicKey, { kid: 'ec-1' })],
    ...overrides,
  });
const bundle = (...issuers: TrustedIssuer[]) =>
  TrustBundle.parse({ revision: 1, publishedAt: now.toISOString(), issuers });

const claims = {
  iss: issuer,
  sub: 'agent-oncall',
  aud: 'drawbridge',
  exp: seconds + 600,
  iat: seconds,
  kind: 'agent',
  groups: ['oncall-agents'],
};
const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

interface Making {
  readonly header?: object;
  readonly claims?: object | string;
  readonly key?: KeyObject;
}
const make = (making: Making = {}) => {
  const header = { alg: 'RS256', kid: 'rsa-1', typ: 'at+jwt', ...making.header };
  const input = `${part(header)}.${part(making.claims ?? claims)}`;
  const signature = sign('sha256', Buffer.from(input), making.key ?? rsa.privateKey);
  return `${input}.${signature.toString('base64url')}`;
};
const makeEs256 = () => {
  const input = `${part({ alg: 'ES256', kid: 'ec-1' })}.${part(claims)}`;
  const key = { key: ec.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
};
const makeHs256 = (secret: string) => {
  const input = `${part({ alg: 'HS256', kid: 'rsa-1' })}.${part(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};
const refusalOf = async (token: string, trust = bundle(trusted())): Promise<TokenRefusal> => {
  const error: unknown = await verifyToken(trust, token, now).catch((thrown: unknown) => thrown);
  if (!(error instanceof TokenRefused)) throw new Error('expected a refusal', { cause: error });
  const [, payload = 'none'] = token.split('.');
  expect(error.message).not.toContain(payload);
  return error.code;
};

describe('a genuine token', () => {
  it('proves who its bearer is and until when', async () => {
    const token = make({
      claims: { ...claims, jti: 'token-1', auth_time: seconds - 5, acr: 'phr', amr: ['mfa'] },
    });
    await expect(verifyToken(bundle(trusted()), token, now)).resolves.toStrictEqual({
      principal: { kind: 'agent', issuer, subject: 'agent-oncall', groups: ['oncall-agents'] },
      expiresAt: new Date((claims.exp + 30) * 1000),
      issuedAt: now,
      authTime: new Date((seconds - 5) * 1000),
      acr: 'phr',
      amr: ['mfa'],
      tokenId: 'token-1',
    });
  });

  it.each([
    ['of type at+jwt', make()],
    ['of type JWT', make({ header: { typ: 'JWT' } })],
    ['of a type with its prefix', make({ header: { typ: 'application/at+jwt' } })],
    ['without a type', make({ header: { typ: undefined } })],
    ['with several audiences', make({ claims: { ...claims, aud: ['other', 'drawbridge'] } })],
    ['signed with ES256', makeEs256()],
    ['that expired within the clock skew', make({ claims: { ...claims, exp: seconds - 29 } })],
    ['issued within the clock skew', make({ claims: { ...claims, iat: seconds + 29 } })],
    [
      'that points to other keys',
      make({ header: { jku: 'https://evil.test', x5u: 'https://evil.test' } }),
    ],
    [
      'that is an ID token for our audience',
      make({ claims: { ...claims, nonce: 'n', at_hash: 'h' } }),
    ],
  ])('%s is believed', async (_, token) => {
    const { principal } = await verifyToken(bundle(trusted()), token, now);
    expect(principal.subject).toBe('agent-oncall');
  });

  it('without a key id is believed when one key fits its algorithm', async () => {
    const token = make({ header: { kid: undefined } });
    await expect(verifyToken(bundle(trusted()), token, now)).resolves.toBeDefined();
  });

  it('ends with the maximum age when that is before "exp"', async () => {
    const trust = bundle(trusted({ maxTokenAgeSeconds: 60 }));
    const { expiresAt } = await verifyToken(trust, make(), now);
    expect(expiresAt).toStrictEqual(new Date((seconds + 90) * 1000));
  });

  it.each([{ azp: 'ci' }, { client_id: 'ci' }, { azp: 'ci', client_id: 'ci' }])(
    'of a listed party (%j) is believed',
    async (party) => {
      const trust = bundle(trusted({ authorizedParties: ['ci'] }));
      const token = make({ claims: { ...claims, ...party } });
      await expect(verifyToken(trust, token, now)).resolves.toBeDefined();
    },
  );
});

const without = (name: keyof typeof claims) => ({ ...claims, [name]: undefined });
const withClaims = (extra: object) => make({ claims: { ...claims, ...extra } });
const [head, body, signature] = make().split('.');
const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString();
const evilJwk = jwk(other.publicKey, {});
const huge = withClaims({ filler: 'x'.repeat(16_384) });
const nested = `{"iss":"${issuer}","sub":${'['.repeat(4000)}${']'.repeat(4000)}}`;

describe('a token is refused', () => {
  it.each<[string, TokenRefusal, string]>([
    ['that is empty', 'token_malformed', ''],
    ['that is "null"', 'token_malformed', 'null'],
    ['that is "undefined"', 'token_malformed', 'undefined'],
    ['that is opaque', 'token_malformed', 'okta_2YotnFZFEjr1zCsicMWpAA'],
    ['of two parts', 'token_malformed', `${head}.${body}`],
    ['of four parts', 'token_malformed', `${make()}.x`],
    ['that is encrypted', 'token_malformed', 'a.b.c.d.e'],
    ['with a space', 'token_malformed', `${head}. ${body}.${signature}`],
    ['with padding', 'token_malformed', `${head}=.${body}.${signature}`],
    ['whose header is an array', 'token_malformed', `${part([])}.${body}.${signature}`],
    ['whose claims are null', 'token_malformed', `${head}.${part('null')}.${signature}`],
    ['whose claims are not JSON', 'token_malformed', `${head}.${part('{')}.${signature}`],
    [
      'whose claims are not UTF-8',
      'token_malformed',
      `${head}.${Buffer.from([0xff]).toString('base64url')}.x`,
    ],
    ['that repeats a claim', 'token_malformed', make({ claims: `{"iss":"${issuer}","iss":"x"}` })],
    [
      'that repeats an escaped claim',
      'token_malformed',
      make({ claims: `{"sub":"a","s\\u0075b":"b"}` }),
    ],
    [
      'that repeats a nested claim',
      'token_malformed',
      make({ claims: `{"a":[{"b":{"c":1,"c":2}}]}` }),
    ],
    ['larger than 16 KiB', 'token_too_large', huge],
    [
      'of unbounded depth',
      'token_claims_invalid',
      make({ claims: nested.replace('"sub"', `"aud":"drawbridge","exp":${seconds + 9},"sub"`) }),
    ],
    ['with a critical header', 'token_malformed', make({ header: { crit: ['exp'] } })],
    ['with unencoded payload', 'token_malformed', make({ header: { crit: ['b64'], b64: false } })],
    ['with an empty key id', 'token_malformed', make({ header: { kid: '' } })],
    ['with a key id of another type', 'token_malformed', make({ header: { kid: { $ne: null } } })],
    [
      'that brings its own key',
      'token_malformed',
      make({ header: { jwk: evilJwk }, key: other.privateKey }),
    ],
    ['unsigned', 'token_algorithm_refused', `${part({ alg: 'none' })}.${body}.`],
    ['unsigned in other case', 'token_algorithm_refused', `${part({ alg: 'nOnE' })}.${body}.`],
    [
      'unsigned with the signature kept',
      'token_algorithm_refused',
      `${part({ alg: 'none' })}.${body}.${signature}`,
    ],
    ['without an algorithm', 'token_algorithm_refused', make({ header: { alg: undefined } })],
    ['with an array as algorithm', 'token_algorithm_refused', make({ header: { alg: ['RS256'] } })],
    ['signed with our public key as a secret', 'token_algorithm_refused', makeHs256(pem)],
    [
      'of an algorithm that is not listed',
      'token_algorithm_refused',
      make({ header: { alg: 'RS512' } }),
    ],
    ['for logout', 'token_type_refused', make({ header: { typ: 'logout+jwt' } })],
    ['that is a DPoP proof', 'token_type_refused', make({ header: { typ: 'dpop+jwt' } })],
    ['whose type is not text', 'token_type_refused', make({ header: { typ: ['JWT'] } })],
    ['bound to a key', 'token_type_refused', withClaims({ cnf: { jkt: 'x' } })],
    ['that is a security event', 'token_type_refused', withClaims({ events: {} })],
    ['of an unknown issuer', 'token_issuer_unknown', withClaims({ iss: 'https://evil.test' })],
    ['of an issuer with a slash more', 'token_issuer_unknown', withClaims({ iss: `${issuer}/` })],
    [
      'of an issuer in other case',
      'token_issuer_unknown',
      withClaims({ iss: issuer.toUpperCase() }),
    ],
    ['of an issuer in an array', 'token_issuer_unknown', withClaims({ iss: [issuer] })],
    ['without an issuer', 'token_issuer_unknown', make({ claims: without('iss') })],
    ['of an unknown key', 'token_key_unknown', make({ header: { kid: 'rsa-2' } })],
    ['whose key is of another algorithm', 'token_key_unknown', make({ header: { kid: 'ec-1' } })],
    ['signed by another key', 'token_signature_invalid', make({ key: other.privateKey })],
    [
      'that points to the key it was signed with',
      'token_signature_invalid',
      make({ header: { jku: 'https://evil.test/jwks' }, key: other.privateKey }),
    ],
    ['with its signature removed', 'token_signature_invalid', `${head}.${body}.`],
    [
      'with another claims set',
      'token_signature_invalid',
      `${head}.${part({ ...claims, sub: 'root' })}.${signature}`,
    ],
    ['for another audience', 'token_audience_wrong', withClaims({ aud: 'kube' })],
    ['for other audiences', 'token_audience_wrong', withClaims({ aud: ['kube', 'drawbridge-2'] })],
    ['for a part of our audience', 'token_audience_wrong', withClaims({ aud: 'draw' })],
    ['for nobody', 'token_audience_wrong', withClaims({ aud: [] })],
    ['without audience', 'token_audience_wrong', make({ claims: without('aud') })],
    [
      'with an audience that is an object',
      'token_audience_wrong',
      withClaims({ aud: { 0: 'drawbridge' } }),
    ],
    [
      'with an audience among other types',
      'token_audience_wrong',
      withClaims({ aud: ['drawbridge', 1] }),
    ],
    ['that has expired', 'token_expired', withClaims({ exp: seconds - 30 })],
    ['that never expires', 'token_claims_invalid', make({ claims: without('exp') })],
    ['whose expiry is text', 'token_claims_invalid', withClaims({ exp: '9999999999' })],
    ['whose expiry is null', 'token_claims_invalid', withClaims({ exp: null })],
    ['whose expiry is beyond time', 'token_claims_invalid', withClaims({ exp: 1e300 })],
    ['that is not yet valid', 'token_not_yet_valid', withClaims({ nbf: seconds + 31 })],
    ['whose begin is text', 'token_claims_invalid', withClaims({ nbf: '0' })],
    ['issued in the future', 'token_not_yet_valid', withClaims({ iat: seconds + 31 })],
    ['without a subject', 'token_claims_invalid', make({ claims: without('sub') })],
    ['of no kind', 'token_claims_invalid', make({ claims: without('kind') })],
  ])('%s: %s', async (_, code, token) => expect(await refusalOf(token)).toBe(code));

  it('without a key id when several keys fit', async () => {
    const keys = [jwk(rsa.publicKey, { kid: 'a' }), jwk(other.publicKey, { kid: 'b' })];
    const token = make({ header: { kid: undefined } });
    expect(await refusalOf(token, bundle(trusted({ keys })))).toBe('token_key_unknown');
  });

  it.each([
    ['is for encryption', { use: 'enc' }],
    ['is for another algorithm', { alg: 'RS512' }],
    ['may only encrypt', { key_ops: ['encrypt'] }],
  ])('when its key %s', async (_, extra) => {
    const keys = [jwk(rsa.publicKey, { kid: 'rsa-1', ...extra })];
    expect(await refusalOf(make(), bundle(trusted({ keys })))).toBe('token_key_unknown');
  });

  it('when its key is too short', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const keys = [jwk(short.publicKey, { kid: 'rsa-1' })];
    const token = make({ key: short.privateKey });
    expect(await refusalOf(token, bundle(trusted({ keys })))).toBe('token_signature_invalid');
  });

  it('when it is signed with the key of another trusted issuer', async () => {
    const second = 'https://second.corp.test';
    const keys = [jwk(other.publicKey, { kid: 'rsa-1' })];
    const trust = bundle(trusted(), trusted({ issuer: second, keys }));
    expect(await refusalOf(make({ key: other.privateKey }), trust)).toBe('token_signature_invalid');
  });

  it.each([
    ['without a party', {}],
    ['of another party', { azp: 'evil' }],
    ['whose parties disagree', { azp: 'ci', client_id: 'evil' }],
    ['whose party is an array', { azp: ['ci'] }],
  ])('%s when parties are listed', async (_, party) => {
    const trust = bundle(trusted({ authorizedParties: ['ci'] }));
    expect(await refusalOf(withClaims(party), trust)).toBe('token_party_wrong');
  });

  it.each<[string, TokenRefusal, object]>([
    ['older than the maximum age', 'token_too_old', { iat: seconds - 90 }],
    ['of unknown age', 'token_claims_invalid', { iat: undefined }],
  ])('%s: %s', async (_, code, extra) => {
    const trust = bundle(trusted({ maxTokenAgeSeconds: 60 }));
    expect(await refusalOf(withClaims(extra), trust)).toBe(code);
  });

  it('when nobody is trusted', async () =>
    expect(await refusalOf(make(), bundle())).toBe('token_issuer_unknown'));

  it('when its issuer has no keys', async () =>
    expect(await refusalOf(make(), bundle(trusted({ keys: [] })))).toBe('token_key_unknown'));
});
