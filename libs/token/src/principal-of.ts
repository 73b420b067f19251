import type { Principal, TrustedIssuer } from '@drawbridge/contracts';
import { isRecord, type Claims } from './decode-token.js';
import { TokenRefused } from './token-refused.js';

const MAX_GROUPS = 500;
/** Groups that Drawbridge itself gives, for example to whoever is on call; no token makes its bearer a member. */
const RESERVED_GROUPS = 'on-call:';
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

/**
 * Reads the bearer out of the claims of a verified token, as the issuer's mapping says.
 *
 * Nothing is guessed: a claim of another type, blank text, control or text-direction characters and more
 * than 500 groups refuse the token. Reserved groups are passed over. Missing `groups`, `email`, `sponsor` and `run` mean none. A missing `owner` refuses an
 * agent where the mapping has one, because "the owner may not approve" could not be upheld; so does an
 * e-mail address that the issuer says is unverified, as anybody could have typed it.
 *
 * @throws {@link TokenRefused} `token_claims_invalid` or `token_subject_disabled`
 */
export function principalOf(claims: Claims, issuer: TrustedIssuer): Principal {
  const subject = text(claims['sub'], { claim: '/sub', max: 256 });
  if (issuer.disabledSubjects.includes(subject)) {
    throw new TokenRefused('token_subject_disabled', 'the subject of this token is disabled');
  }
  const kind = kindOf(claims, issuer);
  const email = emailOf(claims, issuer);
  const owner = kind === 'agent' ? ownerOf(claims, issuer, subject) : undefined;
  const sponsor = kind === 'agent' ? sponsorOf(claims, issuer) : undefined;
  const run = runOf(claims, issuer);
  return {
    kind,
    issuer: issuer.issuer,
    subject,
    groups: groupsOf(claims, issuer),
    ...(email === undefined ? {} : { email }),
    ...(owner === undefined ? {} : { owner }),
    ...(sponsor === undefined ? {} : { sponsor }),
    ...(run === undefined ? {} : { run }),
  };
}

function kindOf(claims: Claims, { claims: { kind } }: TrustedIssuer): Principal['kind'] {
  if (typeof kind === 'string') return kind;
  const value = text(valueAt(claims, kind.pointer), { claim: kind.pointer, max: 256 });
  const [agent, human] = [kind.agent.includes(value), kind.human.includes(value)];
  if (agent !== human) return agent ? 'agent' : 'human';
  throw invalid(kind.pointer, 'names neither an agent nor a human');
}

function groupsOf(claims: Claims, { claims: mapping }: TrustedIssuer): string[] {
  const { groups: pointer, groupsPrefix = '' } = mapping;
  const value = pointer === undefined ? undefined : valueAt(claims, pointer);
  if (pointer === undefined || value === undefined) return [];
  const groups: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (groups.length > MAX_GROUPS) throw invalid(pointer, `has more than ${MAX_GROUPS} groups`);
  const named = groups.map((group) => text(group, { claim: pointer, max: 256 }));
  return [...new Set(named)]
    .map((group) => `${groupsPrefix}${group}`)
    .filter((group) => !group.toLowerCase().startsWith(RESERVED_GROUPS));
}

function emailOf(claims: Claims, { claims: { email } }: TrustedIssuer): string | undefined {
  const value = email === undefined ? undefined : valueAt(claims, email);
  if (email === undefined || value === undefined) return undefined;
  const verified = claims['email_verified'];
  if (verified !== undefined && verified !== true && verified !== 'true') {
    throw invalid(email, 'is not verified by the issuer');
  }
  return text(value, { claim: email, max: 320 });
}

function ownerOf(claims: Claims, issuer: TrustedIssuer, subject: string): string | undefined {
  const pointer = issuer.claims.owner;
  if (Object.hasOwn(issuer.owners, subject)) {
    return text(issuer.owners[subject], { claim: 'owners', max: 320 });
  }
  if (pointer === undefined) return undefined;
  return text(valueAt(claims, pointer), { claim: pointer, max: 320 });
}

function sponsorOf(claims: Claims, { claims: { sponsor } }: TrustedIssuer): string | undefined {
  const value = sponsor === undefined ? undefined : valueAt(claims, sponsor);
  if (sponsor === undefined || value === undefined) return undefined;
  return text(value, { claim: sponsor, max: 320 });
}

function runOf(claims: Claims, { claims: { run } }: TrustedIssuer): string | undefined {
  const value = run === undefined ? undefined : valueAt(claims, run);
  if (run === undefined || value === undefined) return undefined;
  return text(value, { claim: run, max: 128 });
}

/** The value at a JSON pointer (RFC 6901); own properties of objects only, so never a prototype's. */
function valueAt(claims: Claims, pointer: string): unknown {
  const keys = pointer.split('/').slice(1);
  return keys.reduce<unknown>((value, escaped) => {
    const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, claims);
}

function text(value: unknown, { claim, max }: { claim: string; max: number }): string {
  if (value === undefined) throw invalid(claim, 'is missing');
  if (typeof value !== 'string') throw invalid(claim, 'is not text');
  if (value.trim() === '') throw invalid(claim, 'is blank');
  if (value.length > max) throw invalid(claim, `is longer than ${max} characters`);
  if (UNSAFE.test(value)) throw invalid(claim, 'holds control or text-direction characters');
  return value;
}

function invalid(claim: string, what: string): TokenRefused {
  return new TokenRefused('token_claims_invalid', `the claim "${claim}" ${what}`);
}
