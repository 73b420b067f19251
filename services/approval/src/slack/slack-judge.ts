import type { Clock } from '@drawbridge/kernel';
import type { Received } from './received-payload.js';
import { ReplayCache } from './replay-cache.js';

/** How far a request's time may be from ours, in either direction: what Slack recommends. */
export const WINDOW_SECONDS = 300;

export interface SlackJudgeOptions {
  readonly teamId: string;
  /** When set, interactions of another app of the same workspace are refused. */
  readonly appId?: string;
  /** Of what is remembered, of events and of all else. @default 10000 */
  readonly capacity?: number;
  readonly clock: Clock;
}

/** Why something that Slack sent was refused. */
export type JudgedRefusal =
  'wrong_workspace' | 'wrong_app' | 'interaction_replayed' | 'too_many_interactions';

/** `ignored`: genuine, and not ours to answer. */
export type Judgement = 'pass' | 'ignored' | JudgedRefusal;

/**
 * Whether what came from Slack is taken: of this workspace and app, for the first time, and something that we answer.
 * The same for both ways in which it comes, so that what came by one is not taken by the other as well.
 */
export class SlackJudge {
  readonly #replays: Readonly<Record<'events' | 'orders', ReplayCache>>;

  constructor(private readonly options: SlackJudgeOptions) {
    const remembering = () => new ReplayCache(2 * WINDOW_SECONDS * 1000, options.capacity);
    // However much is said in channels, what people order is taken.
    this.#replays = { events: remembering(), orders: remembering() };
  }

  /** @param delivery - what names this delivery of it, and comes only once */
  judge({ kind, origin, isOurs, once }: Received, delivery: string): Judgement {
    const foreign = origin === undefined ? undefined : this.#whyForeign(origin);
    if (foreign !== undefined) return foreign;
    // Nothing comes of it, so there is nothing to remember: Slack tells of every message in our channels.
    if (kind === 'event' && !isOurs) return 'ignored';
    const remembered = kind === 'event' ? this.#replays.events : this.#replays.orders;
    const seen = remembered.take([delivery, ...once], this.options.clock());
    // Slack tells of an event again until it hears that we have it: then there is nothing to do.
    if (seen === 'seen') return kind === 'event' ? 'ignored' : 'interaction_replayed';
    if (seen !== 'new') return 'too_many_interactions';
    return isOurs ? 'pass' : 'ignored';
  }

  #whyForeign({ team, app }: NonNullable<Received['origin']>): JudgedRefusal | undefined {
    const { teamId, appId } = this.options;
    if (team !== teamId) return 'wrong_workspace';
    return appId !== undefined && app !== appId ? 'wrong_app' : undefined;
  }
}
