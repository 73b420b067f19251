import { RunningSessionAnswer, type RunningSessionQuestion } from '@drawbridge/contracts';
import { RUNNING_SESSION_SUBJECT, type JetStreamConnection } from '@drawbridge/jetstream';

/** A gateway that has the session says so at once; only of one that nobody has is this waited for. */
const ANSWER_MS = 2_000;

/** By which grant a session runs; `undefined` when no gateway says in time that it has it. Never throws. */
export type AskRunningSession = (
  question: RunningSessionQuestion,
) => Promise<RunningSessionAnswer | undefined>;

/** Asks all gateways; the first answer is the only one. */
export const askRunningSession =
  ({ nats }: Pick<JetStreamConnection, 'nats'>): AskRunningSession =>
  async (question) => {
    try {
      const text = JSON.stringify(question);
      const answer = await nats.request(RUNNING_SESSION_SUBJECT, text, { timeout: ANSWER_MS });
      return RunningSessionAnswer.parse(answer.json());
    } catch {
      // No gateway, none that has it, no bus: each time nobody would carry the order out.
      return undefined;
    }
  };
