import { setTimeout as delay } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { HoldRefused } from '@drawbridge/holds';
import type { Clock } from '@drawbridge/kernel';
import { StopRefused } from '@drawbridge/stops';
import { uuidV7 } from '@drawbridge/runtime';
import { ApprovalRefused } from '../domain/approval-refused.js';
import { ReviewRefused } from '../domain/review.js';
import { OfferRefused } from '../domain/offer-extension.js';
import { RevocationRefused } from '../domain/revocation.js';
import { TargetUnknown } from '../domain/target-unknown.js';
import { neutralMrkdwn } from './neutral-text.js';
import type { Told } from './slack-decisions.js';
import { SlackRefused } from './slack-refused.js';
import type { TakenOnce } from './taken-once.js';

/** Slack shows an error after 3 s; from here on it is acknowledged and the answer comes as a message. */
const ACKNOWLEDGE_MS = 2_000;

/** What an interaction asks for. */
export interface Asked {
  /** Who clicked. */
  readonly user: string;
  /** Where; absent where there is no channel. */
  readonly channel?: string | undefined;
  /** Of what they did: Slack uses it once. */
  readonly trigger: string;
  /** Of the access request or the hold, for the log. */
  readonly id: string;
  readonly decide: (causationId: string) => Promise<Told>;
  /** Brings a card up to date on which somebody pressed a button that should be gone. */
  readonly refresh: (id: string) => Promise<unknown>;
}

export interface SlackAnswersOptions {
  readonly taken: TakenOnce;
  /** Tells one user alone. */
  readonly tell: (user: string, text: string, channel?: string) => Promise<void>;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Answers Slack in time, and the human who clicked. */
export class SlackAnswers {
  constructor(private readonly options: SlackAnswersOptions) {}

  async toClick(asked: Asked, ack: () => Promise<void>): Promise<void> {
    const deciding = this.#decide(asked);
    await Promise.race([deciding, delay(ACKNOWLEDGE_MS)]);
    await ack();
    await this.#tell(asked, await deciding);
  }

  /** What went wrong is shown in the dialog when it is known in time, otherwise as a message. */
  async toSubmission(asked: Asked, ack: (told: Told) => Promise<void>): Promise<void> {
    const deciding = this.#decide(asked);
    const late = Symbol('late');
    const inTime = await Promise.race([deciding, delay(ACKNOWLEDGE_MS, late)]);
    if (inTime !== late) {
      await ack(inTime);
      return;
    }
    await ack(undefined);
    await this.#tell(asked, await deciding);
  }

  /** Takes an order that is answered in another way. @throws SlackRefused when it was taken before */
  take(trigger: string): Promise<void> {
    return this.options.taken.take(trigger);
  }

  /** For what is answered in another way: what a refusal or failure says, and it is logged. */
  explain(error: unknown): string {
    this.#report(error);
    return wordsFor(error);
  }

  /** Tells one user alone. */
  tell(to: Pick<Asked, 'user' | 'channel'>, told: Told): Promise<void> {
    return this.#tell(to, told);
  }

  async #decide(asked: Asked): Promise<Told> {
    try {
      await this.options.taken.take(asked.trigger);
      return await asked.decide(uuidV7(this.options.clock()));
    } catch (error) {
      this.#report(error);
      if (isOver(error)) void this.#refresh(asked);
      return wordsFor(error);
    }
  }

  async #refresh({ id, refresh }: Asked): Promise<void> {
    await refresh(id).catch((error: unknown) => {
      this.options.logger.warn({ msg: 'card not refreshed', id, err: error });
    });
  }

  async #tell({ user, channel }: Pick<Asked, 'user' | 'channel'>, told: Told): Promise<void> {
    if (told === undefined) return;
    const words = neutralMrkdwn(told, 500);
    await this.options.tell(user, words, channel).catch((error: unknown) => {
      this.options.logger.warn({ msg: 'answer to a click not delivered', err: error });
    });
  }

  #report(error: unknown): void {
    if (isRefusal(error)) this.options.logger.log({ msg: 'click refused', code: error.code });
    else this.options.logger.error({ msg: 'click not handled', err: error });
  }
}

/** The human's affair; anything else is ours. */
const isRefusal = (error: unknown): error is Refusal =>
  refusals.some((kind) => error instanceof kind);

const refusals = [
  ...[ApprovalRefused, HoldRefused, OfferRefused, RevocationRefused, ReviewRefused],
  ...[SlackRefused, StopRefused, TargetUnknown],
] as const;
type Refusal = InstanceType<(typeof refusals)[number]>;

const overCodes: ReadonlySet<string> = new Set([
  'request_not_pending',
  'approval_too_late',
  'seat_not_needed',
  'step_not_open',
  'terms_changed',
  'hold_not_open',
  'hold_too_late',
]);
const isOver = (error: unknown): boolean => isRefusal(error) && overCodes.has(error.code);

/** What somebody is told whose wish failed. */
export const wordsFor = (error: unknown): string =>
  isRefusal(error)
    ? `Not taken: ${error.message}.`
    : 'Drawbridge cannot record decisions right now. The card shows what counts; please press again in a minute.';
