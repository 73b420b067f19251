import { RunningSessionQuestion, type RunningSessionAnswer } from '@drawbridge/contracts';
import { RUNNING_SESSION_SUBJECT, type JetStreamConnection } from '@drawbridge/jetstream';
import { readJson } from '../guard/read-json.js';
import type { LiveCalls } from '../streams/live-calls.js';

/**
 * Says on {@link RUNNING_SESSION_SUBJECT} that a session is here, until the returned function is called. A call is here
 * before its start is recorded, so nobody who knows its id is told that there is none. What cannot be read gets no
 * answer, as what is not here.
 */
export function answerRunningSessions(
  { nats }: Pick<JetStreamConnection, 'nats'>,
  live: Pick<LiveCalls, 'session'>,
): () => void {
  const subscription = nats.subscribe(RUNNING_SESSION_SUBJECT, {
    callback: (error, message) => {
      if (error !== null) return;
      const question = RunningSessionQuestion.safeParse(readJson(message.data));
      if (!question.success) return;
      const session = live.session(question.data.commandId);
      if (session?.connection !== question.data.connection) return;
      const answer: RunningSessionAnswer = { grantId: session.grantId };
      message.respond(JSON.stringify(answer));
    },
  });
  return () => subscription.unsubscribe();
}
