import { DueSchedule, type DueScheduleOptions } from '@drawbridge/runtime';
import type { RequestStory } from '../domain/request-story.js';
import type { AccessApprovals } from './access-approvals.js';
import type { StoryListener } from './waiting-requests.js';

export interface RequestLapsesOptions extends Pick<DueScheduleOptions, 'clock' | 'logger'> {
  readonly approvals: Pick<AccessApprovals, 'react'>;
}

/** Lets requests lapse that nobody decided in time. */
export class RequestLapses {
  readonly #schedule: DueSchedule;

  constructor({ approvals, clock, logger }: RequestLapsesOptions) {
    const act = (id: string) => approvals.react('LapseRequest', id, id);
    this.#schedule = new DueSchedule({ act, clock, logger });
  }

  readonly follow: StoryListener = (requestId, story) => {
    const atMs = lapseOf(story);
    if (atMs === undefined) this.#schedule.delete(requestId);
    else this.#schedule.set(requestId, atMs);
  };

  /** Lets everything lapse whose deadline is over by now. */
  look(): Promise<void> {
    return this.#schedule.look();
  }

  start(): void {
    this.#schedule.start();
  }

  close(): Promise<void> {
    return this.#schedule.close();
  }
}

function lapseOf(story: RequestStory | undefined): number | undefined {
  if (story?.status !== 'pending' || story.decideBy === undefined) return undefined;
  return Date.parse(story.decideBy);
}
