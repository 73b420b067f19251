import { MatchLabels } from '@drawbridge/contracts';

/** Labels as kubectl writes them, `team=payments,tier=web`; `undefined` for anything else. */
export function parseLabels(text: string): MatchLabels | undefined {
  const pairs = text.split(',').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  if (!text.split(',').every((pair) => pair.includes('='))) return undefined;
  const labels = MatchLabels.safeParse(Object.fromEntries(pairs));
  if (!labels.success || Object.keys(labels.data).length !== pairs.length) return undefined;
  return labels.data;
}
