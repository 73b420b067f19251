import type { AccessRequestInput } from '@drawbridge/contracts';
import { windowEndMs } from '@drawbridge/scope';
import type { Denial } from './denial.js';
import type { Policy } from './policy-set.js';

/** The window that was asked for is over before anything could be granted in it. */
export const windowPassed: Denial = {
  code: 'window_passed',
  message: 'the time that the access was asked for is over',
  suggestion: 'Ask again, with a later start or without one.',
};

/**
 * Why a policy does not let a grant begin when it was asked for.
 *
 * @param judgedAt - absent: only whether a start may be named at all is judged
 */
export function startDenial(
  { name, start }: Pick<Policy, 'name' | 'start'>,
  { startAt, durationSeconds }: Pick<AccessRequestInput, 'startAt' | 'durationSeconds'>,
  judgedAt: string | undefined,
): Denial | undefined {
  if (startAt === undefined) return undefined;
  if (start === undefined) {
    return {
      code: 'start_too_late',
      message: `policy "${name}" grants at once, so that no start may be named`,
      suggestion: 'Leave startAt out, and ask when you need it.',
    };
  }
  if (judgedAt === undefined) return undefined;
  const latestMs = Date.parse(judgedAt) + start.maxAheadSeconds * 1000;
  if (Date.parse(startAt) > latestMs) {
    return {
      code: 'start_too_late',
      message: `policy "${name}" lets a grant begin at most ${start.maxAheadSeconds} s ahead`,
      suggestion: `Ask for a start before ${new Date(latestMs).toISOString()}, or ask later.`,
    };
  }
  const endMs = windowEndMs({ startAt, durationSeconds });
  return endMs !== undefined && Date.parse(judgedAt) >= endMs ? windowPassed : undefined;
}
