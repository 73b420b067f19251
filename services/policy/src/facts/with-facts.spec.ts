import { describe, expect, it, vi } from 'vitest';
import type { AutoApproveRule } from '@drawbridge/contracts';
import { agent, calm, oncall, policySet, request } from '../../test/story.js';
import type { Place } from '../domain/circumstances.js';
import { judge } from '../domain/judge.js';
import type { Opinion } from '../domain/model-opinion.js';
import type { PolicySet } from '../domain/policy-set.js';
import { withFacts, type ModelQuestion } from './with-facts.js';

const history = { isFirstHere: false, requestsInLastHour: 0, deniedInLastDay: 0 };
const known = { ...calm(), history };
const plea = { requester: agent, request };
const riskModel: NonNullable<PolicySet['riskModel']> = {
  url: 'https://model.corp.test',
  secretFile: 'secret',
  timeoutMs: 1_000,
  allowInsecureHttp: false,
};
const small = (when: AutoApproveRule['when']): AutoApproveRule => ({
  name: 'small',
  actions: ['rollout-restart'],
  when,
});
const withModel = (when: AutoApproveRule['when'] = { risk: { atMost: 40 } }): PolicySet => ({
  ...policySet({ ...oncall, autoApprove: [small(when)] }),
  riskModel,
});

async function judged(opinion: Opinion | Error, policies = withModel()) {
  const model = vi.fn<(question: ModelQuestion) => Promise<Opinion>>(() =>
    opinion instanceof Error ? Promise.reject(opinion) : Promise.resolve(opinion),
  );
  const place = vi.fn(() => Promise.resolve<Place>('free'));
  const circumstances = await withFacts({ plea, policies, known }, { model, place });
  const verdict = judge(plea, policies, circumstances);
  if (!('validated' in verdict)) throw new Error('denied');
  return { ...verdict.validated, model, place };
}

describe('what a risk model says', () => {
  it('is added, and shown as its own', async () => {
    const { risk, approval, model } = await judged({ points: 25, reason: 'odd hour' });
    expect(risk).toMatchObject({ level: 'medium', score: 55 });
    expect(risk.factors?.at(-1)).toStrictEqual({
      ...{ points: 25, reason: 'the risk model says: odd hour', by: 'model' },
    });
    // 30 by itself would have asked nobody.
    expect(approval.type).toBe('humans');
    expect(model).toHaveBeenCalledOnce();
    expect(model.mock.calls[0]?.[0]).toMatchObject({
      requester: agent,
      terms: { connection: 'prod-eks', reason: request.reason },
      risk: { level: 'medium' },
    });
  });

  it('of no points lets everything be as it is', async () => {
    const { risk, approval, autoApproved } = await judged({ points: 0, reason: 'as ever' });
    expect(risk.score).toBe(30);
    expect([approval.type, autoApproved]).toStrictEqual(['none', 'small']);
  });

  it('makes the score a hundred at most', async () =>
    expect((await judged({ points: 100, reason: 'x' })).risk.score).toBe(100));

  it.each<[string, Opinion | Error]>([
    ['is silent', 'silent'],
    ['fails', new Error('x')],
  ])('that %s is a fact, and no condition on the risk holds', async (_, opinion) => {
    const { risk, approval, facts } = await judged(opinion);
    expect(risk.score).toBe(30);
    expect(risk.reasons.at(-1)).toBe('the risk model is silent');
    expect(approval.type).toBe('humans');
    expect(facts).toMatchObject([{ condition: 'risk', found: 'not known', isMet: false }]);
  });

  it('that is silent hinders no rule without such a condition', async () => {
    const policies = withModel({ maxDurationSeconds: 900 });
    expect(await judged('silent', policies)).toMatchObject({ autoApproved: 'small' });
  });

  it('comes before a place is taken, which it may make useless', async () => {
    const policies = withModel({ risk: { atMost: 40 }, perHour: 1 });
    const high = await judged({ points: 25, reason: 'x' }, policies);
    expect(high.place).not.toHaveBeenCalled();
    const low = await judged({ points: 1, reason: 'x' }, policies);
    expect(low).toMatchObject({ autoApproved: 'small' });
    expect([low.place, low.model].map(({ mock }) => mock.calls.length)).toStrictEqual([1, 1]);
  });

  it('is not asked for where there is no model, or nothing is allowed', async () => {
    const { risk, model } = await judged('silent', policySet(oncall));
    expect(model).not.toHaveBeenCalled();
    expect(risk.factors?.some(({ by }) => by === 'model')).toBe(false);
    const ask = { model, place: vi.fn(() => Promise.resolve<Place>('free')) };
    const wide = { requester: agent, request: { ...request, durationSeconds: 901 } };
    await withFacts({ plea: wide, policies: withModel(), known }, ask);
    expect(model).not.toHaveBeenCalled();
  });

  it('of other terms is none', () => {
    const opinions = new Map<string, Opinion>([['{}', { points: 50, reason: 'x' }]]);
    const verdict = judge(plea, withModel(), { ...known, opinions });
    expect(verdict).toMatchObject({ asksModel: true, validated: { risk: { score: 30 } } });
  });
});
