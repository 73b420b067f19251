import { isCounted, type GrantLimits } from '@drawbridge/contracts';

/** How often a grant was used. */
export interface Used {
  readonly calls: number;
  readonly changes: number;
}

/** Whether nothing more may be done by the grant, so that it is over once its calls are. */
export function isUsedUp(
  { maxCalls, maxChanges, endWhenUsedUp }: GrantLimits,
  used: Used,
): boolean {
  if (maxCalls !== undefined && used.calls >= maxCalls) return true;
  return endWhenUsedUp === true && maxChanges !== undefined && used.changes >= maxChanges;
}

/** What one more call would exceed; `undefined` when it may be made. */
export function limitExceeded(
  { maxCalls, maxChanges }: GrantLimits,
  used: Used,
  isChange: boolean,
): string | undefined {
  if (maxCalls !== undefined && used.calls >= maxCalls) return count(maxCalls, 'call');
  if (isChange && maxChanges !== undefined && used.changes >= maxChanges) {
    return count(maxChanges, 'change');
  }
  return undefined;
}

/** Whether a grant with these limits is no wider than one with those; a grant without limits is widest. */
export function limitsWithin(
  inner: GrantLimits | undefined,
  outer: GrantLimits | undefined,
): boolean {
  if (outer === undefined) return true;
  const isAtMost = (one: number | undefined, other: number | undefined) =>
    other === undefined || (one !== undefined && one <= other);
  return (
    isAtMost(inner?.maxCalls, outer.maxCalls) &&
    isAtMost(inner?.maxChanges, outer.maxChanges) &&
    isAtMost(inner?.idleSeconds, outer.idleSeconds) &&
    (outer.endWhenUsedUp !== true || inner?.endWhenUsedUp === true)
  );
}

/** The limits in plain words, for people: `at most 10 calls, 1 change, and ends behind the last one`. */
export function describeLimits(limits: GrantLimits): string {
  const { idleSeconds } = limits;
  return [
    ...(isCounted(limits) ? [describeCounts(limits)] : []),
    ...(idleSeconds === undefined ? [] : [`ends after ${idleSeconds} s without a call`]),
  ].join('; ');
}

function describeCounts({ maxCalls, maxChanges, endWhenUsedUp }: GrantLimits): string {
  const most = [
    ...(maxCalls === undefined ? [] : [count(maxCalls, 'call')]),
    ...(maxChanges === undefined ? [] : [count(maxChanges, 'change')]),
  ];
  const end = endWhenUsedUp === true ? ', and ends behind the last one' : '';
  return `at most ${most.join(', ')}${end}`;
}

const count = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? '' : 's'}`;
