import type { types } from '@slack/bolt';
import type { LoggerService } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';
import { BoundedMap } from './bounded-map.js';
import { neutralText } from './neutral-text.js';
import { overviewBlocks, type Overview } from './overview-blocks.js';
import { lines, text } from './rich-text.js';
import { wordsFor } from './slack-answers.js';
import type { SlackWorkspace } from './slack-workspace.js';

const LOOK_MS = 5_000;
/** Whoever has not opened it for so long sees the newest when they open it again. */
const KEEP_MS = 3_600_000;
const MAX_VIEWERS = 200;
/** Of each list; a home holds 100 blocks. */
const MOST = 20;

export interface SlackHomeOptions {
  readonly overview: (user: string, most: number) => Promise<Overview>;
  readonly workspace: Pick<SlackWorkspace, 'publishHome'>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

interface Viewer {
  readonly until: number;
  /** What was published last. */
  readonly shown?: string;
}

/**
 * The home of the app: what waits for whoever opens it and what is open. For those who opened it in the last hour it
 * is looked at again every five seconds, and published when it has changed.
 */
export class SlackHome {
  readonly #viewers = new BoundedMap<string, Viewer>(MAX_VIEWERS);
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(private readonly options: SlackHomeOptions) {}

  start(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.look().finally(() => this.start());
    }, LOOK_MS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Shows somebody their home, now and for the next hour. */
  async open(user: string): Promise<void> {
    this.#viewers.set(user, { until: this.options.clock().getTime() + KEEP_MS });
    await this.#publish(user);
  }

  /** Publishes every home that is looked at and has changed. */
  async look(): Promise<void> {
    const now = this.options.clock().getTime();
    for (const [user, { until }] of this.#viewers.entries()) {
      if (until <= now) this.#viewers.delete(user);
      else await this.#publish(user);
    }
  }

  async #publish(user: string): Promise<void> {
    const { workspace, logger } = this.options;
    try {
      const view = await this.#view(user);
      const [shown, viewer] = [JSON.stringify(view), this.#viewers.get(user)];
      if (viewer === undefined || viewer.shown === shown) return;
      await workspace.publishHome(user, view);
      this.#viewers.set(user, { ...viewer, shown });
    } catch (error) {
      logger.warn({ msg: 'home not published', err: error });
    }
  }

  /** To whom nothing can be shown it says why. */
  async #view(user: string): Promise<types.HomeView> {
    try {
      const overview = await this.options.overview(user, MOST);
      return { type: 'home', blocks: overviewBlocks(overview) };
    } catch (error) {
      return { type: 'home', blocks: [lines([[text(neutralText(wordsFor(error), 500))]])] };
    }
  }
}
