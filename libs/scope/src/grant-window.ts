import type { AccessTerms } from '@drawbridge/contracts';

type Timed = Pick<AccessTerms, 'durationSeconds' | 'startAt'>;

/** When the time is over that was asked for with a start; `undefined` where none was named. */
export const windowEndMs = ({ startAt, durationSeconds }: Timed): number | undefined =>
  startAt === undefined ? undefined : Date.parse(startAt) + durationSeconds * 1000;

/**
 * From when to when a grant of these terms is open that is issued at `at`; `undefined` when its time is over.
 *
 * Without a start the time runs from the issue on. A start fixes the end too: what is approved later than that is
 * open for what is left, so that no approver opens a time that nobody was shown.
 */
export function grantWindow(
  terms: Timed,
  at: string,
): { readonly startsAt: string; readonly endsAt: string } | undefined {
  const atMs = Date.parse(at);
  const endMs = windowEndMs(terms) ?? atMs + terms.durationSeconds * 1000;
  if (endMs <= atMs) return undefined;
  const startMs = terms.startAt === undefined ? atMs : Math.max(atMs, Date.parse(terms.startAt));
  return { startsAt: new Date(startMs).toISOString(), endsAt: new Date(endMs).toISOString() };
}
