import { describe, expect, it } from 'vitest';
import type { MatchedRule } from '@drawbridge/guardrails';
import { denial } from './denial.js';

const rule: MatchedRule = { rule: 'deletion/node', action: 'deny', reason: 'It forgets the node' };
const wordsFor = (decidedBy: MatchedRule) =>
  denial({ effect: 'deny', policyVersion: 'v', decidedBy, matched: [decidedBy] }).message;

describe('a denial', () => {
  it('names rule, reason and suggestion', () => {
    expect(wordsFor({ ...rule, suggestion: 'Ask the platform team.' })).toBe(
      'guardrail deletion/node denies this: It forgets the node. Instead: Ask the platform team.',
    );
  });

  it('says when it is one of doubt, and no detail of what failed', () => {
    const words = wordsFor({ ...rule, doubt: 'facts_missing', detail: 'object is not known' });
    expect(words).toContain('It counts as met because the object could not be looked at.');
    expect(words).not.toContain('not known');
  });
});
