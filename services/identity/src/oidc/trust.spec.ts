import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IssuerDocument, type TrustBundle } from '@drawbridge/contracts';
import { IssuerUnusable } from './issuer-unusable.js';
import { Trust } from './trust.js';

const start = new Date('2026-01-05T09:00:00Z');
const document = (name: string, extra: object = {}) =>
  IssuerDocument.parse({
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Issuer',
    metadata: { name },
    spec: {
      issuer: `https://${name}.test`,
      audiences: ['drawbridge'],
      claims: { kind: 'agent' },
      ...extra,
    },
  });
const key = (kid: string) => ({ kty: 'RSA' as const, kid });
const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** Trust over issuers whose keys the test sets; an issuer without an entry cannot be reached. */
class TrustUnderTest {
  readonly published: TrustBundle[] = [];
  readonly keys = new Map<string, { kty: 'RSA'; kid: string }[]>();
  readonly asked: string[] = [];
  readonly trust: Trust;

  constructor(former?: TrustBundle) {
    this.trust = new Trust({
      fetchKeys: ({ issuer }) => {
        this.asked.push(issuer);
        const keys = this.keys.get(issuer);
        if (keys !== undefined) return Promise.resolve({ keys, ignored: 0 });
        return Promise.reject(new IssuerUnusable('issuer_unreachable', 'not there'));
      },
      clock: () => new Date(Date.now()),
      logger: silent,
      refreshCooldownMs: 10_000,
      onBundle: (bundle) => this.published.push(bundle),
      former,
    });
  }

  /** `{ issuer: [kid, …] }` of the newest bundle. */
  get trusted(): Record<string, (string | undefined)[]> {
    const { issuers = [] } = this.trust.bundle ?? {};
    return Object.fromEntries(
      issuers.map(({ issuer, keys }) => [new URL(issuer).hostname, keys.map(({ kid }) => kid)]),
    );
  }
}

let under: TrustUnderTest;
beforeEach(() => {
  vi.useFakeTimers({ now: start });
  under = new TrustUnderTest();
  under.keys.set('https://a.test', [key('a1')]);
  under.keys.set('https://b.test', [key('b1')]);
});
afterEach(() => {
  under.trust.close();
  vi.useRealTimers();
});

describe('trust', () => {
  it('is absent before it is configured', () => expect(under.trust.bundle).toBeUndefined());

  it('holds what the configuration says, with the keys of the issuers', async () => {
    await under.trust.configure([
      document('a', { maxTokenAgeSeconds: 600, authorizedParties: ['ci'] }),
    ]);
    expect(under.trust.bundle).toStrictEqual({
      revision: 2,
      publishedAt: start.toISOString(),
      issuers: [
        {
          issuer: 'https://a.test',
          audiences: ['drawbridge'],
          algorithms: ['RS256', 'ES256'],
          clockSkewSeconds: 30,
          maxTokenAgeSeconds: 600,
          authorizedParties: ['ci'],
          claims: { kind: 'agent' },
          owners: {},
          disabledSubjects: [],
          keys: [key('a1')],
        },
      ],
    });
  });

  it('is not made anew when nothing has changed', async () => {
    await under.trust.configure([document('a')]);
    const { bundle } = under.trust;
    await under.trust.configure([document('a')]);
    await under.trust.refresh();
    expect(under.trust.bundle).toBe(bundle);
  });

  it('ends at once for a removed issuer', async () => {
    await under.trust.configure([document('a'), document('b')]);
    void under.trust.configure([document('b')]);
    expect(under.trusted).toStrictEqual({ 'b.test': ['b1'] });
  });

  it('keeps the keys of an issuer whose configuration changes, while they are read again', async () => {
    await under.trust.configure([document('a')]);
    under.keys.delete('https://a.test');
    await under.trust.configure([document('a', { audiences: ['other'] })]);
    expect(under.trust.bundle?.issuers[0]).toMatchObject({
      audiences: ['other'],
      keys: [key('a1')],
    });
  });

  it('grows in revision with every change', async () => {
    await under.trust.configure([document('a')]);
    await under.trust.configure([document('a'), document('b')]);
    await under.trust.configure([]);
    const revisions = under.published.map(({ revision }) => revision);
    expect(revisions).toStrictEqual(revisions.map((_, index) => index + 1));
  });

  it('can be made newer than what another replica has published', async () => {
    await under.trust.configure([document('a')]);
    under.trust.overtake(41);
    expect(under.trust.bundle?.revision).toBe(42);
    under.trust.overtake(7);
    expect(under.trust.bundle?.revision).toBe(42);
  });

  it('goes on where a former run ended', async () => {
    await under.trust.configure([document('a'), document('b')]);
    const former = under.trust.bundle!;
    const next = new TrustUnderTest({ ...former, revision: 40 });
    await next.trust.configure([document('a')]);
    expect(next.trusted).toStrictEqual({ 'a.test': ['a1'] });
    expect(next.trust.bundle?.revision).toBe(41);
    next.trust.close();
  });
});

describe('an issuer that cannot be read', () => {
  beforeEach(() => under.keys.delete('https://a.test'));

  it('hinders no other, and is told apart in health', async () => {
    await under.trust.configure([document('a'), document('b')]);
    expect(under.trusted).toStrictEqual({ 'a.test': [], 'b.test': ['b1'] });
    expect(under.trust.health()).toStrictEqual([
      { issuer: 'https://a.test', keys: 0, problem: 'issuer_unreachable' },
      { issuer: 'https://b.test', keys: 1, refreshedAt: start.toISOString() },
    ]);
  });

  it('is tried again soon, and later and later', async () => {
    await under.trust.configure([document('a')]);
    const tries = [];
    for (const seconds of [1.9, 0.2, 3.8, 0.3, 7.7, 0.4]) {
      await vi.advanceTimersByTimeAsync(seconds * 1000);
      tries.push(under.asked.length);
    }
    expect(tries).toStrictEqual([1, 2, 2, 3, 3, 4]);
  });

  it('keeps its last good keys', async () => {
    under.keys.set('https://a.test', [key('a1')]);
    await under.trust.configure([document('a')]);
    under.keys.delete('https://a.test');
    await vi.advanceTimersByTimeAsync(300_000);
    expect(under.asked).toHaveLength(2);
    expect(under.trusted).toStrictEqual({ 'a.test': ['a1'] });
  });

  it('holds up nobody when it does not answer', async () => {
    const slow = new Trust({
      fetchKeys: ({ issuer }) =>
        issuer === 'https://a.test'
          ? new Promise(() => undefined)
          : Promise.resolve({ keys: [key('b1')], ignored: 0 }),
      clock: () => new Date(Date.now()),
      logger: silent,
      refreshCooldownMs: 10_000,
      onBundle: () => undefined,
    });
    const configured = slow.configure([document('a'), document('b')]);
    await vi.advanceTimersByTimeAsync(1_500);
    await configured;
    expect(slow.health().map(({ keys }) => keys)).toStrictEqual([0, 1]);
    slow.close();
  });
});

describe('the keys', () => {
  it('are read again as often as configured', async () => {
    await under.trust.configure([document('a', { jwksRefreshSeconds: 60 })]);
    under.keys.set('https://a.test', [key('a2')]);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(under.trusted).toStrictEqual({ 'a.test': ['a1'] });
    await vi.advanceTimersByTimeAsync(1);
    expect(under.trusted).toStrictEqual({ 'a.test': ['a2'] });
  });

  it('are all forgotten when the issuer publishes none', async () => {
    await under.trust.configure([document('a', { jwksRefreshSeconds: 60 })]);
    under.keys.set('https://a.test', []);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(under.trusted).toStrictEqual({ 'a.test': [] });
  });

  it('are read once in a cooldown, however often somebody asks', async () => {
    await under.trust.configure([document('a')]);
    const asked = async () => {
      await Promise.all(Array.from({ length: 50 }, () => under.trust.refresh()));
      return under.asked.length;
    };
    expect(await asked()).toBe(2);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await asked()).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(await asked()).toBe(3);
  });

  it('are not read any more once closed', async () => {
    await under.trust.configure([document('a')]);
    under.trust.close();
    await vi.advanceTimersByTimeAsync(1_000_000);
    await under.trust.refresh();
    expect(under.asked).toHaveLength(1);
  });
});
