import type { Rule } from '@drawbridge/contracts';
import { cutToNamespaces } from '@drawbridge/scope';
import { CliError } from '../cli-error.js';

/** What an approver takes away: rules by their number, and all namespaces but some. */
export interface RulesLess {
  readonly dropRule?: readonly string[];
  readonly namespace?: readonly string[];
}

/** @throws CliError `usage_invalid` for a number that no rule has, and when nothing would be left */
export function narrowedRules(
  rules: readonly Rule[],
  { dropRule = [], namespace }: RulesLess,
): Rule[] {
  const dropped = new Set(dropRule.map((number) => indexOf(number, rules.length)));
  const kept = rules.filter((_, index) => !dropped.has(index));
  const left = namespace === undefined ? kept : cutToNamespaces(kept, namespace);
  if (left.length > 0) return left;
  throw new CliError('usage_invalid', 'that takes all rules away', {
    advice: 'deny the request instead: drawbridge deny <id>',
  });
}

function indexOf(number: string, count: number): number {
  const index = /^[1-9]\d?$/.test(number) ? Number(number) - 1 : count;
  if (index < count) return index;
  throw new CliError('usage_invalid', `--drop-rule: expected a number from 1 to ${count}`, {
    advice: 'drawbridge approvals <id> shows the rules with their numbers',
  });
}
