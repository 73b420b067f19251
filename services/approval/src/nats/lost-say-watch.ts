import type { PeopleNow } from '@drawbridge/people';
import { DueSchedule, type DueScheduleOptions } from '@drawbridge/runtime';
import { lostSays } from '../domain/lost-says.js';
import type { RequestStory } from '../domain/request-story.js';
import type { AccessApprovals } from './access-approvals.js';
import type { StoryListener } from './waiting-requests.js';

const LOOK_MS = 500;

export interface LostSayWatchOptions extends Pick<DueScheduleOptions, 'clock' | 'logger'> {
  readonly approvals: Pick<AccessApprovals, 'voidApproval'>;
}

/**
 * Takes the say from whoever is disabled or leaves a group before the grant stands. Looks at all of them again
 * and again instead of following who changes what, so that nothing is missed that happens at the same moment.
 */
export class LostSayWatch {
  /** Those that somebody approved and whose grant does not stand yet. */
  readonly #stories = new Map<string, RequestStory>();
  readonly #schedule: DueSchedule;
  #people: (() => PeopleNow) | undefined;

  constructor(private readonly options: LostSayWatchOptions) {
    const { clock, logger } = options;
    const act = (requestId: string) => this.#look(requestId);
    this.#schedule = new DueSchedule({ act, againMs: LOOK_MS, clock, logger });
  }

  readonly follow: StoryListener = (requestId, story) => {
    if (story === undefined || story.approvals.length === 0) {
      this.#stories.delete(requestId);
      this.#schedule.delete(requestId);
    } else {
      this.#stories.set(requestId, story);
      this.#schedule.set(requestId, Date.parse(story.validatedAt));
    }
  };

  start(people: () => PeopleNow): void {
    this.#people = people;
    this.#schedule.start();
  }

  close(): Promise<void> {
    return this.#schedule.close();
  }

  async #look(requestId: string): Promise<void> {
    const story = this.#stories.get(requestId);
    if (story === undefined || this.#people === undefined) return;
    for (const say of lostSays(story, this.#people())) {
      await this.options.approvals.voidApproval(requestId, say);
    }
  }
}
