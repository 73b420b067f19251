import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { TokenRefusal } from '@drawbridge/token';
import type { IdentityUnderTest } from './identity-under-test.js';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const evil = generateKeyPairSync('rsa', { modulusLength: 2048 });

function forge(header: object, claims: object, key: KeyObject = evil.privateKey): string {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

export interface HostileToken {
  readonly what: string;
  readonly code: TokenRefusal;
  /** All `Authorization` headers of the request. */
  readonly authorization: readonly string[];
}

/** The list of T5 and T3, against the running service and its issuer. */
export async function hostileTokens(identity: IdentityUnderTest): Promise<readonly HostileToken[]> {
  const { idp } = identity;
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: idp.issuer,
    aud: 'drawbridge',
    sub: 'agent-oncall',
    principal_type: 'agent',
    groups: ['oncall-agents'],
    owner: 'dana@corp.test',
    iat: now,
    exp: now + 600,
  };
  const good = await idp.sign(claims, { typ: 'at+jwt' });
  const [head = '', body = '', signature = ''] = good.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string };
  const keys = (await (await fetch(`${idp.issuer}/jwks`)).json()) as { keys: object[] };
  const genuine = (changes: object, typ = 'at+jwt') => idp.sign({ ...claims, ...changes }, { typ });
  const hmacInput = `${part({ alg: 'HS256', kid: header.kid })}.${body}`;
  const hmac = createHmac('sha256', JSON.stringify(keys.keys[0])).update(hmacInput);
  const bearer = (what: string, code: TokenRefusal, token: string): HostileToken => ({
    what,
    code,
    authorization: [`Bearer ${token}`],
  });
  const refused = (what: string, code: TokenRefusal, changes: object) =>
    genuine(changes).then((token) => bearer(what, code, token));
  const forged: readonly HostileToken[] = [
    { what: 'nothing', code: 'token_missing', authorization: [] },
    { what: 'an empty header', code: 'token_missing', authorization: [''] },
    { what: '"Bearer" alone', code: 'token_missing', authorization: ['Bearer'] },
    bearer('"null"', 'token_malformed', 'null'),
    { what: 'Basic', code: 'token_malformed', authorization: ['Basic YWxpY2U6c2VjcmV0'] },
    {
      what: 'two headers',
      code: 'token_malformed',
      authorization: [`Bearer ${good}`, `Bearer ${good}`],
    },
    bearer('alg none', 'token_algorithm_refused', `${part({ alg: 'none' })}.${body}.`),
    bearer(
      'HS256 with the public key',
      'token_algorithm_refused',
      `${hmacInput}.${hmac.digest('base64url')}`,
    ),
    bearer(
      'a key of its own',
      'token_malformed',
      forge({ ...header, jwk: evil.publicKey.export({ format: 'jwk' }) }, claims),
    ),
    bearer(
      'an address of its own keys',
      'token_signature_invalid',
      forge({ ...header, jku: `${identity.url}/openapi.json` }, claims),
    ),
    bearer('a critical header', 'token_malformed', forge({ ...header, crit: ['exp'] }, claims)),
    bearer('an unknown key', 'token_key_unknown', forge({ ...header, kid: 'other' }, claims)),
    bearer(
      'a changed claim',
      'token_signature_invalid',
      `${head}.${part({ ...claims, sub: 'x' })}.${signature}`,
    ),
    bearer('another signature', 'token_signature_invalid', forge(header, claims)),
    bearer(
      '20 KiB',
      'token_too_large',
      `${head}.${part({ ...claims, filler: 'x'.repeat(15_000) })}.${signature}`,
    ),
  ];
  const signed = await Promise.all([
    genuine({}, 'logout+jwt').then((token) =>
      bearer('a logout token', 'token_type_refused', token),
    ),
    refused('a token bound to a key', 'token_type_refused', { cnf: { jkt: 'x' } }),
    refused('another issuer', 'token_issuer_unknown', { iss: 'https://evil.test' }),
    refused('another audience', 'token_audience_wrong', { aud: 'kube' }),
    refused('other audiences', 'token_audience_wrong', { aud: ['kube', 'drawbridge2'] }),
    refused('an expired token', 'token_expired', { exp: now - 6 }),
    refused('no expiry', 'token_claims_invalid', { exp: undefined }),
    refused('a token of tomorrow', 'token_not_yet_valid', { nbf: now + 60 }),
    refused('a token issued tomorrow', 'token_not_yet_valid', { iat: now + 60 }),
    refused('no subject', 'token_claims_invalid', { sub: undefined }),
    refused('a blank subject', 'token_claims_invalid', { sub: ' ' }),
    refused('subjects', 'token_claims_invalid', { sub: ['agent-oncall'] }),
    refused('no kind', 'token_claims_invalid', { principal_type: undefined }),
    refused('an unknown kind', 'token_claims_invalid', { principal_type: 'admin' }),
    refused('groups of another type', 'token_claims_invalid', { groups: { admin: true } }),
    refused('an agent without owner', 'token_claims_invalid', { owner: undefined }),
  ]);
  return [...forged, ...signed];
}
