import { describe, expect, it } from 'vitest';
import type { TrustBundle } from '@drawbridge/contracts';
import { LiveCalls, type LiveCall } from './live-calls.js';

const at = (time: string) => new Date(`2026-01-05T${time}Z`);
const issuer = 'https://idp.test';

function liveWith(...calls: (Partial<LiveCall> & { readonly id: string })[]) {
  const live = new LiveCalls();
  const cut: string[] = [];
  const remove = calls.map(({ id, ...more }) =>
    live.add({
      commandId: id,
      grantId: 'g1',
      connection: 'prod',
      issuer,
      subject: 'agent',
      grant: { endsAtMs: at('10:00:00').getTime() },
      tokenExpiresAtMs: at('11:00:00').getTime(),
      longRunning: true,
      ...more,
      cut: (reason) => cut.push(`${id} ${reason}`),
    }),
  );
  return { live, cut, remove };
}

const bundle = (...issuers: Partial<TrustBundle['issuers'][number]>[]): TrustBundle => ({
  revision: 1,
  publishedAt: '2026-01-05T09:00:00Z',
  issuers: issuers.map((more) => ({
    issuer,
    audiences: ['drawbridge'],
    algorithms: ['RS256'],
    clockSkewSeconds: 0,
    claims: { kind: 'agent' },
    owners: {},
    disabledSubjects: [],
    keys: [],
    ...more,
  })),
});

describe('live calls', () => {
  it('end at the end of their grant or token, whichever is first, at the very instant', () => {
    const early = { tokenExpiresAtMs: at('09:30:00').getTime() };
    const { live, cut } = liveWith({ id: 'a' }, { id: 'b', ...early });
    live.sweep(new Date(at('09:30:00').getTime() - 1));
    expect(cut).toStrictEqual([]);
    live.sweep(at('09:30:00'));
    live.sweep(at('10:00:00'));
    live.sweep(at('12:00:00'));
    expect(cut).toStrictEqual(['b token_expired', 'a grant_expired']);
    expect(live.size).toBe(0);
  });

  it('end with their grant, and no other', () => {
    const { live, cut } = liveWith({ id: 'a' }, { id: 'b', grantId: 'g2' });
    live.cutGrant('g2', 'grant_revoked');
    expect(cut).toStrictEqual(['b grant_revoked']);
  });

  it('end with their connection, and no other', () => {
    const { live, cut } = liveWith({ id: 'a' }, { id: 'b', connection: 'staging' });
    live.cutConnection('staging');
    expect(cut).toStrictEqual(['b connection_changed']);
  });

  it('end when nobody vouches for their agent any more', () => {
    const { live, cut } = liveWith(
      { id: 'a' },
      { id: 'b', subject: 'bad' },
      { id: 'c', issuer: 'https://gone.test' },
    );
    live.cutUntrusted(bundle({ disabledSubjects: ['bad'] }));
    expect(cut).toStrictEqual(['b token_subject_disabled', 'c token_issuer_unknown']);
  });

  it.each([
    ['another audience', { audiences: ['other'] }, ['a token_issuer_unknown']],
    ['other claims', { claims: { kind: 'human' as const } }, ['a token_issuer_unknown']],
    ['a key less', { keys: [{ kty: 'RSA' as const, kid: '2' }] }, ['a token_issuer_unknown']],
    ['a key more', { keys: ['1', '2'].map((kid) => ({ kty: 'RSA' as const, kid })) }, []],
    ['another subject disabled', { disabledSubjects: ['bad'] }, []],
  ])(
    'T11 when their issuer is believed with %s, end unless they surely still are',
    (_, more, ends) => {
      const { live, cut } = liveWith({ id: 'a' });
      const first = { keys: [{ kty: 'RSA' as const, kid: '1' }] };
      live.cutUntrusted(bundle(first));
      live.cutUntrusted(bundle({ ...first, ...more }));
      expect(cut).toStrictEqual(ends);
    },
  );

  it('are told once, and not after they have ended', () => {
    const { live, cut, remove } = liveWith({ id: 'a' }, { id: 'b', longRunning: false });
    remove[0]?.();
    live.cutLongRunning('proxy_draining');
    live.cutAll('proxy_draining');
    live.cutAll('bus_lost');
    expect(cut).toStrictEqual(['b proxy_draining']);
  });
});
