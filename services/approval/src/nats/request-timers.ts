import { DueSchedule, type DueScheduleOptions } from '@drawbridge/runtime';
import { dueSteps, type DueStep } from '@drawbridge/scope';
import { isOver } from '../domain/is-over.js';
import type { NudgeStep } from '../domain/nudge-step.js';
import type { AccessApprovals } from './access-approvals.js';
import type { StoryListener, WaitingRequest } from './waiting-requests.js';
import { isWaiting } from './waiting-requests.js';

export interface RequestTimersOptions extends Pick<DueScheduleOptions, 'clock' | 'logger'> {
  readonly approvals: Pick<AccessApprovals, 'react' | 'nudge'>;
}

/** Lets requests lapse that nobody decided in time; until then reminds people, and asks further ones. */
export class RequestTimers {
  readonly #stories = new Map<string, WaitingRequest>();
  readonly #schedule: DueSchedule;

  constructor(private readonly options: RequestTimersOptions) {
    const { clock, logger } = options;
    const act = (id: string) => this.#act(id);
    this.#schedule = new DueSchedule({ act, clock, logger });
  }

  readonly follow: StoryListener = (requestId, story) => {
    if (story === undefined || !isWaiting(story)) {
      this.#stories.delete(requestId);
      this.#schedule.delete(requestId);
    } else {
      this.#stories.set(requestId, story);
      this.#schedule.set(requestId, Date.parse(nextOf(story, this.#now())));
    }
  };

  /** Does everything that is due by now. */
  look(): Promise<void> {
    return this.#schedule.look();
  }

  start(): void {
    this.#schedule.start();
  }

  close(): Promise<void> {
    return this.#schedule.close();
  }

  async #act(requestId: string): Promise<void> {
    const story = this.#stories.get(requestId);
    if (story === undefined) return;
    const { approvals } = this.options;
    const now = this.#now();
    if (isOver(story.decideBy, now)) return approvals.react('LapseRequest', requestId, requestId);
    const due = duesOf(story, now).filter(({ at }) => isOver(at, now));
    for (const one of due.toSorted(escalationsFirst)) {
      await approvals.nudge(requestId, { type: nudges[one.type], step: one.step });
    }
  }

  #now(): string {
    return this.options.clock().toISOString();
  }
}

const nudges: Readonly<Record<DueStep['type'], NudgeStep['type']>> = {
  reminded: 'Remind',
  escalated: 'Escalate',
};

/** So that whoever is asked too is among those who are reminded. */
const escalationsFirst = (one: DueStep, other: DueStep): number =>
  Number(other.type === 'escalated') - Number(one.type === 'escalated');

const duesOf = ({ standing }: WaitingRequest, now: string): readonly DueStep[] =>
  standing === undefined ? [] : dueSteps(standing, now);

function nextOf(story: WaitingRequest, now: string): string {
  const [first] = duesOf(story, now);
  return first === undefined || isOver(story.decideBy, first.at) ? story.decideBy : first.at;
}
