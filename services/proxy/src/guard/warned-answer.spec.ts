import { describe, expect, it } from 'vitest';
import type { MatchedRule } from '@drawbridge/guardrails';
import type { AnswerHeaders, ClientAnswer } from '../listener/client-exchange.js';
import { WarnedAnswer, warningsOf } from './warned-answer.js';

const rule = (action: MatchedRule['action'], reason: string): MatchedRule => ({
  rule: 'a/b',
  action,
  reason,
});
const warnings = (...matched: MatchedRule[]) =>
  warningsOf({ effect: 'warn', policyVersion: 'v', matched });

describe('warnings', () => {
  it('come of the rules that warn only', () => {
    expect(warnings(rule('hold', 'no'), rule('warn', 'Mind the gap'))).toStrictEqual([
      '299 - "guardrail a/b: Mind the gap"',
    ]);
  });

  it('cannot break out of their header', () => {
    expect(warnings(rule('warn', 'a "quoted\\" \r\nSet-Cookie: x ü'))).toStrictEqual([
      String.raw`299 - "guardrail a/b: a \"quoted\\\" Set-Cookie: x"`,
    ]);
  });

  it('stand beside those of the cluster', () => {
    const heads: AnswerHeaders[] = [];
    const answer = { writeHead: (_: number, headers: AnswerHeaders) => heads.push(headers) };
    const warned = new WarnedAnswer(answer as unknown as ClientAnswer, ['ours']);
    warned.writeHead(200, {});
    warned.writeHead(200, { warning: 'theirs' });
    warned.writeHead(200, { warning: ['one', 'two'] });
    expect(heads).toStrictEqual([
      { warning: ['ours'] },
      { warning: ['theirs', 'ours'] },
      { warning: ['one', 'two', 'ours'] },
    ]);
  });
});
