import type { GrantLimits } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { agent, at, oncall, policySet, request } from '../../test/story.js';
import { judge } from './judge.js';
import type { PolicyLimits } from './limit-grant.js';
import { whyNotAllowed } from './still-allowed.js';

const verdict = (limits: PolicyLimits | undefined, asked?: GrantLimits) =>
  judge(
    { requester: agent, request: { ...request, ...(asked && { limits: asked }) } },
    policySet({ ...oncall, ...(limits && { limits }) }),
  );
const none: PolicyLimits = { require: [] };

describe('limits', () => {
  it.each<{ ceiling: PolicyLimits | undefined; asked?: GrantLimits; granted?: GrantLimits }>([
    { ceiling: undefined },
    { ceiling: undefined, asked: { maxChanges: 3 }, granted: { maxChanges: 3 } },
    { ceiling: none, asked: { maxCalls: 100 }, granted: { maxCalls: 100 } },
    { ceiling: { require: [], maxCalls: 10 }, asked: { maxCalls: 9 }, granted: { maxCalls: 9 } },
    { ceiling: { require: [], maxCalls: 10 }, asked: { maxCalls: 10 }, granted: { maxCalls: 10 } },
  ])('%o are granted as they were asked for', ({ ceiling, asked, granted }) => {
    const answer = verdict(ceiling, asked);
    expect(answer).toMatchObject({ validated: { cuts: [] } });
    expect('validated' in answer && answer.validated.terms.limits).toStrictEqual(granted);
  });

  it.each<{ asked: GrantLimits | undefined; granted: GrantLimits; was: string }>([
    { asked: undefined, granted: { maxCalls: 10 }, was: 'any number' },
    { asked: { maxCalls: 11 }, granted: { maxCalls: 10 }, was: '11' },
    {
      asked: { maxChanges: 1, endWhenUsedUp: true },
      granted: { maxCalls: 10, maxChanges: 1, endWhenUsedUp: true },
      was: 'any number',
    },
  ])('are put on a grant that has none or higher ones: %o', ({ asked, granted, was }) => {
    expect(verdict({ require: [], maxCalls: 10 }, asked)).toMatchObject({
      validated: {
        terms: { limits: granted },
        cuts: [{ field: 'limits.maxCalls', asked: was, granted: '10' }],
      },
    });
  });

  it('end a grant that is not used, also one that names a longer time or none', () => {
    const ceiling: PolicyLimits = { require: [], maxCalls: 10, idleSeconds: 600 };
    expect(verdict(ceiling)).toMatchObject({
      validated: {
        terms: { limits: { maxCalls: 10, idleSeconds: 600 } },
        cuts: [
          { field: 'limits.maxCalls', asked: 'any number', granted: '10' },
          {
            field: 'limits.idleSeconds',
            asked: 'any time',
            granted: '600',
            why: 'policy "production-oncall" ends what is not used for 600 s',
          },
        ],
      },
    });
    expect(verdict(ceiling, { maxCalls: 3, idleSeconds: 601 })).toMatchObject({
      validated: {
        terms: { limits: { maxCalls: 3, idleSeconds: 600 } },
        cuts: [{ field: 'limits.idleSeconds', asked: '601', granted: '600' }],
      },
    });
    expect(verdict(ceiling, { maxCalls: 3, idleSeconds: 60 })).toMatchObject({
      validated: { terms: { limits: { maxCalls: 3, idleSeconds: 60 } }, cuts: [] },
    });
  });

  it('have to be named where the policy wants it', () => {
    const wanted: PolicyLimits = { require: ['maxChanges'], maxCalls: 10 };
    expect(verdict(wanted, { maxCalls: 1 })).toMatchObject({
      denial: {
        code: 'limit_required',
        message: 'policy "production-oncall" wants a grant that names maxChanges',
        suggestion: 'Ask with limits.maxChanges, as small as the job allows.',
      },
    });
    expect(verdict(wanted, { maxChanges: 1 })).toHaveProperty('validated');
  });

  it('may be that the grant is bound to a key', () => {
    const set = policySet({ ...oncall, limits: { require: ['key'] } });
    const keyThumbprint = '3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    expect(judge({ requester: agent, request }, set)).toMatchObject({
      denial: {
        code: 'limit_required',
        message: 'policy "production-oncall" wants a grant that is bound to your own key',
      },
    });
    const bound = judge({ requester: agent, request: { ...request, keyThumbprint } }, set);
    expect(bound).toMatchObject({ validated: { terms: { keyThumbprint }, cuts: [] } });
  });

  it('that became stricter end a grant that has not got them', () => {
    const stricter = {
      ...policySet({ ...oncall, limits: { require: [], maxCalls: 5 } }),
      version: 'two',
    };
    const before = verdict({ require: [], maxCalls: 10 });
    if (!('validated' in before)) throw new Error('not validated');
    const { terms, policy, risk } = before.validated;
    const approval = { type: 'none' as const };
    const fixed = { requester: agent, request, validatedAt: at, policy, terms, approval, risk };
    expect(whyNotAllowed(fixed, stricter)).toContain('now wants stricter limits');
    const within = { ...fixed, terms: { ...terms, limits: { maxCalls: 5 } } };
    expect(whyNotAllowed(within, stricter)).not.toContain('stricter limits');
  });
});
