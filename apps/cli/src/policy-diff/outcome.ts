import type { GuardrailAction } from '@drawbridge/contracts';

/** By severity, without `allow`, which overrides nothing. */
const consequences = ['deny', 'hold', 'mask', 'warn', 'recordOnly'] as const;

/** Higher is more severe; `allow` is the least. */
export const severityOf = (action: GuardrailAction): number =>
  action === 'allow' ? 0 : consequences.length - consequences.indexOf(action);

/** What becomes of a call that meets rules of these actions: `deny`, `hold+mask`, `allow`. */
export function outcomeOf(actions: Iterable<GuardrailAction>): string {
  const given = new Set(actions);
  if (given.has('deny')) return 'deny';
  const words = consequences.filter((action) => given.has(action));
  return words.length === 0 ? 'allow' : words.join('+');
}
