import { setTimeout as delay } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { SessionAnswer, type SessionNumbers, type SessionQuestion } from '@drawbridge/contracts';
import { SESSION_SUMMARY_SUBJECT, type JetStreamConnection } from '@drawbridge/jetstream';

const ANSWER_MS = 2_000;
/** Before each try: audit stores what is recorded within a second, or is behind. */
const PAUSES_MS = [0, 500, 1_000, 2_000, 4_000];

/** What was done by a grant; `undefined` when audit does not know in time. Never throws. */
export type AskSession = (question: SessionQuestion) => Promise<SessionNumbers | undefined>;

/** Asks whichever replica of audit answers, until its record has caught up: five times at the most. */
export const askSession =
  (
    { nats }: Pick<JetStreamConnection, 'nats'>,
    logger: LoggerService,
    pause: (ms: number) => Promise<unknown> = delay,
  ): AskSession =>
  async (question) => {
    let position: number | undefined;
    for (const ms of PAUSES_MS) {
      await pause(ms);
      const asked = { ...question, ...(position === undefined ? {} : { position }) };
      try {
        const answer = await nats.request(SESSION_SUMMARY_SUBJECT, JSON.stringify(asked), {
          timeout: ANSWER_MS,
        });
        const told = SessionAnswer.parse(answer.json());
        if (told.numbers !== undefined) return told.numbers;
        position = told.position;
      } catch (err) {
        logger.warn({ msg: 'session not summed up', grantId: question.grantId, err });
        return undefined;
      }
    }
    return undefined;
  };
