import { describe, expect, it } from 'vitest';
import type { GuardDecision, MatchedRule } from '@drawbridge/guardrails';
import { guardMembers } from './guard-members.js';

const read = (facts: Parameters<typeof guardMembers>[0]): unknown =>
  JSON.parse(`{"x":1${guardMembers(facts)}}`);
const rule = (name: string, more: Partial<MatchedRule> = {}): MatchedRule => ({
  rule: `test/${name}`,
  action: 'deny',
  reason: 'a "quoted" reason',
  ...more,
});
const decision = (...matched: MatchedRule[]): GuardDecision => ({
  effect: matched[0]?.action ?? 'allow',
  policyVersion: 'v1',
  ...(matched[0] !== undefined && { decidedBy: matched[0] }),
  matched,
});

describe('what a record says of guardrails', () => {
  it('is nothing when they were not asked', () => {
    expect(read({})).toStrictEqual({ x: 1 });
  });

  it('is their version alone when none was met', () => {
    expect(read({ guard: decision() })).toStrictEqual({ x: 1, policyVersion: 'v1' });
  });

  it('is which decided and which were met, with doubts and warnings, and no words of theirs', () => {
    const guard = decision(
      rule('a', { doubt: 'facts_missing', detail: 'x' }),
      rule('b', { action: 'warn' }),
    );
    expect(read({ guard, dryRun: false })).toStrictEqual({
      x: 1,
      dryRun: false,
      policyVersion: 'v1',
      rule: 'test/a',
      matched: [
        { rule: 'test/a', action: 'deny', doubt: 'facts_missing' },
        { rule: 'test/b', action: 'warn' },
      ],
      warnings: [String.raw`299 - "guardrail test/b: a \"quoted\" reason"`],
    });
  });

  it('is what is not masked, too, and only of that call', () => {
    const guard = decision(rule('b', { action: 'warn' }));
    const warnings = [String.raw`299 - "guardrail test/b: a \"quoted\" reason"`];
    expect(read({ guard, notice: 'n' })).toMatchObject({ warnings: ['n', ...warnings] });
    expect(read({ guard })).toMatchObject({ warnings });
    expect(read({ guard: decision(), notice: 'n' })).toStrictEqual({
      x: 1,
      policyVersion: 'v1',
      warnings: ['n'],
    });
  });

  it('fits into a record, however many are met', () => {
    const guard = decision(...Array.from({ length: 200 }, (_, index) => rule(`r${index}`)));
    expect((read({ guard }) as { matched: unknown[] }).matched).toHaveLength(64);
  });
});
