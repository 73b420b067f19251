import type { AccessRequestInput } from '@drawbridge/contracts';
import { IngressRefused } from './ingress-refused.js';

/** No policy can allow more. */
const MAX_AHEAD_SECONDS = 604_800;

/**
 * Refuses a start that no policy could allow. Only for what is asked anew: a repeated request may be as old as it likes.
 *
 * @throws `start_invalid`
 */
export function requireStart({ startAt }: AccessRequestInput, now: Date): void {
  if (startAt === undefined) return;
  const aheadMs = Date.parse(startAt) - now.getTime();
  if (aheadMs <= 0) {
    const message = `the start ${startAt} has passed: leave it out to begin at once`;
    throw new IngressRefused('start_invalid', message);
  }
  if (aheadMs > MAX_AHEAD_SECONDS * 1000) {
    const message = `the start ${startAt} is more than ${MAX_AHEAD_SECONDS} seconds ahead: no grant begins so late`;
    throw new IngressRefused('start_invalid', message);
  }
}
