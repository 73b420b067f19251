import { createHash } from 'node:crypto';
import type { GuardedBucket } from '@drawbridge/jetstream';
import { SlackRefused } from './slack-refused.js';

/**
 * Takes each order that people give in Slack once, whichever replica it reaches and whichever way it comes. Slack uses a
 * trigger for one of them only, and what is remembered of it outlives the time in which a signature is taken.
 *
 * Events are not in it: they are repeated until somebody has them, and a repetition changes nothing.
 */
export class TakenOnce {
  constructor(private readonly bucket: Pick<GuardedBucket, 'write'>) {}

  /**
   * @throws SlackRefused `slack_repeated`; what the bucket throws, when nobody knows
   */
  async take(trigger: string): Promise<void> {
    const key = createHash('sha256').update(trigger).digest('hex').slice(0, 32);
    if (await this.bucket.write(key, 1, 0)) return;
    throw new SlackRefused(
      'slack_repeated',
      'this was taken before; press once more if you mean it',
    );
  }
}
