import { describe, expect, it } from 'vitest';
import { BreakGlassTerms } from './break-glass.js';

const groups = (count: number) => Array.from({ length: count }, (_, index) => `group-${index}`);

describe('the terms of a grant that nobody approved before', () => {
  it('can name all groups that are told: those that review, and those that would have been asked', () => {
    const terms = { announce: ['#night'], reviewGroups: groups(50), reviewWithinSeconds: 3600 };
    expect(BreakGlassTerms.safeParse({ ...terms, tell: groups(100) }).success).toBe(true);
  });
});
