import type { LoggerService } from '@nestjs/common';
import { SessionQuestion, type SessionAnswer } from '@drawbridge/contracts';
import {
  COMMANDS_STREAM,
  SESSION_SUMMARY_SUBJECT,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { codeOf } from '@drawbridge/kernel';
import { selectSession } from '../clickhouse/select-session.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { DURABLE } from './ingest.js';

export interface SessionsOptions {
  readonly connection: JetStreamConnection;
  readonly store: AuditStore;
  readonly logger: LoggerService;
}

/**
 * Says on {@link SESSION_SUMMARY_SUBJECT} what was done by a grant, until the returned function is called; one replica
 * answers each. What cannot be read or found out gets no answer, which is taken as none.
 */
export function answerSessions({ connection, store, logger }: SessionsOptions): () => void {
  const subscription = connection.nats.subscribe(SESSION_SUMMARY_SUBJECT, {
    queue: 'audit',
    callback: (error, message) => {
      if (error !== null) return;
      void Promise.resolve()
        .then(() => answer(SessionQuestion.parse(message.json()), { connection, store }))
        .then((numbers) => message.respond(JSON.stringify(numbers)))
        .catch((cause: unknown) => {
          const reason = codeOf(cause) ?? (cause instanceof Error ? cause.name : 'unknown error');
          logger.error({ msg: 'a session could not be summed up', reason });
        });
    },
  });
  return () => subscription.unsubscribe();
}

/** Numbers are of a record that is whole: up to what was on the stream when it was first asked. */
async function answer(
  question: SessionQuestion,
  { connection: { manager }, store }: Pick<SessionsOptions, 'connection' | 'store'>,
): Promise<SessionAnswer> {
  const position =
    question.position ?? (await manager.streams.info(COMMANDS_STREAM)).state.last_seq;
  const { ack_floor: stored } = await manager.consumers.info(COMMANDS_STREAM, DURABLE);
  if (stored.stream_seq < position) return { position };
  return { position, numbers: await selectSession(store, question) };
}
