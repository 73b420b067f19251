import { describe, expect, it } from 'vitest';
import { riskText } from './fact-text.js';

describe('a risk', () => {
  it('is told with its reasons, of a long one without the rules that it is about', () => {
    const rules = `deleting: ${'delete any resource in payments, '.repeat(4)}`;
    expect(
      riskText({ level: 'high', score: 80, reasons: [rules, 'secrets or tokens: get secrets db'] }),
    ).toBe('high (80 of 100); deleting …; secrets or tokens: get secrets db');
    const plain =
      'a sentence of somebody’s own that has no colon in it and is longer than that '.repeat(2);
    expect(riskText({ level: 'low', reasons: [plain] })).toBe(`low; ${plain}`);
  });
});
