import type { LoggerService } from '@nestjs/common';
import { ExplainInput } from '@drawbridge/contracts';
import { EXPLAIN_SUBJECT, type JetStreamConnection } from '@drawbridge/jetstream';
import type { PolicyCommands } from '../policy-commands.js';

/**
 * Says on {@link EXPLAIN_SUBJECT} what would become of a request, until the returned function is called; one replica
 * answers each. What cannot be read or judged gets no answer, which is taken as none.
 */
export function answerExplain(
  connection: JetStreamConnection,
  commands: Pick<PolicyCommands, 'explain'>,
  logger: LoggerService,
): () => void {
  const subscription = connection.nats.subscribe(EXPLAIN_SUBJECT, {
    queue: 'policy',
    callback: (error, message) => {
      if (error !== null) return;
      void Promise.resolve()
        .then(() => commands.explain(ExplainInput.parse(message.json())))
        .then((explanation) => message.respond(JSON.stringify(explanation)))
        .catch((cause: unknown) => {
          const reason = cause instanceof Error ? cause.name : 'unknown error';
          logger.error({ msg: 'a request could not be explained', reason });
        });
    },
  });
  return () => subscription.unsubscribe();
}
