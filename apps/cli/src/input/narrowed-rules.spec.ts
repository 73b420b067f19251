import { describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { narrowedRules } from './narrowed-rules.js';

const rule = (resource: string, ...namespaces: string[]): Rule => ({
  verbs: ['get'],
  apiGroups: [''],
  resources: [resource],
  namespaces,
});
const pods = rule('pods', 'payments', 'default');
const nodes = rule('nodes', '*');
const secrets = rule('secrets', 'default');

describe('rules that an approver takes something from', () => {
  it('lose those that are named by their number', () =>
    expect(narrowedRules([pods, nodes, secrets], { dropRule: ['2', '3'] })).toStrictEqual([pods]));

  it('keep the namespaces that are named, and those without any are gone', () =>
    expect(narrowedRules([pods, nodes, secrets], { namespace: ['payments'] })).toStrictEqual([
      rule('pods', 'payments'),
      rule('nodes', 'payments'),
    ]));

  it('can lose both', () =>
    expect(narrowedRules([pods, nodes], { dropRule: ['2'], namespace: ['default'] })).toStrictEqual(
      [rule('pods', 'default')],
    ));

  it.each(['0', '4', '-1', '01', 'x', '', '1.0', '100'])('have no rule number %j', (number) =>
    expect(() => narrowedRules([pods, nodes, secrets], { dropRule: [number] })).toThrow(
      'expected a number from 1 to 3',
    ),
  );

  it('are never all taken away', () => {
    expect(() => narrowedRules([pods], { dropRule: ['1'] })).toThrow('takes all rules away');
    expect(() => narrowedRules([pods], { namespace: ['kube-system'] })).toThrow('takes all');
  });
});
