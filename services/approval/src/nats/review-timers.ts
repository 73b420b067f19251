import { DueSchedule, type DueScheduleOptions } from '@drawbridge/runtime';
import type { OpenReviews, ReviewListener } from './open-reviews.js';
import type { Reviews } from './reviews.js';

export interface ReviewTimersOptions extends Pick<DueScheduleOptions, 'clock' | 'logger'> {
  readonly reviews: Pick<Reviews, 'nudge'>;
}

/**
 * Asks for the review of a grant when it has ended, and reminds of it every day. Knows what is due from the stream
 * alone: a restart forgets no review, and of several replicas one asks.
 */
export class ReviewTimers {
  readonly #schedule: DueSchedule;
  #known: Pick<OpenReviews, 'get'> | undefined;

  constructor(private readonly options: ReviewTimersOptions) {
    const { clock, logger } = options;
    this.#schedule = new DueSchedule({ act: (id) => this.#act(id), clock, logger });
  }

  readonly follow: ReviewListener = (requestId, dueMs) => {
    if (dueMs === undefined) this.#schedule.delete(requestId);
    else this.#schedule.set(requestId, dueMs);
  };

  /** Once all requests are known. */
  start(known: Pick<OpenReviews, 'get'>): void {
    this.#known = known;
    this.#schedule.start();
  }

  /** Does everything that is due by now. */
  look(known: Pick<OpenReviews, 'get'>): Promise<void> {
    this.#known = known;
    return this.#schedule.look();
  }

  close(): Promise<void> {
    return this.#schedule.close();
  }

  async #act(requestId: string): Promise<void> {
    const story = this.#known?.get(requestId);
    if (story === undefined) return;
    const isAsked = story.review !== undefined;
    await this.options.reviews.nudge(isAsked ? 'RemindReviewers' : 'RequestReview', requestId);
  }
}
