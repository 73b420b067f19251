import type { LoggerService } from '@nestjs/common';
import type { CommandRecord } from '@drawbridge/contracts';
import type { CallOutcome } from '../domain/call-outcome.js';
import { refusedRecord } from './command-records.js';
import type { Exchange, Step } from './exchange.js';
import { answerOf, type RefusalAnswer } from './refusal-answer.js';
import { sendStatus } from './send-status.js';

/** Where refusals are recorded: as well as can be, within a bounded time. */
export interface RefusalLog {
  refused(record: CommandRecord & { type: 'CommandRefused' }): Promise<void>;
}

/** Answers every call that a later step ended, and records it as refused unless it had started. */
export const answerRefusals =
  (log: RefusalLog, logger: LoggerService): Step<Exchange, Exchange> =>
  (next) =>
  async (exchange) => {
    try {
      return await next(exchange);
    } catch (error) {
      const answer = answerOf(error);
      report(logger, exchange, { error, answer });
      if (exchange.facts.started !== true) {
        const record = refusedRecord(exchange, answer);
        if (record !== undefined) await log.refused(record);
      }
      sendStatus(exchange, answer);
      return refusedOutcome(answer);
    }
  };

/** Our own faults and the cluster's, with their cause; what a client did wrong stands in the record only. */
function report(
  logger: LoggerService,
  { commandId, facts }: Exchange,
  { error, answer }: { error: unknown; answer: RefusalAnswer },
): void {
  if (answer.statusCode < 500) return;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code } = answer;
  const line = { msg: 'call not completed', code, commandId, connection: facts.connection };
  if (code === 'internal_error') logger.error({ ...line, err: cause });
  else logger.warn({ ...line, err: cause });
}

function refusedOutcome({ code, statusCode }: RefusalAnswer): CallOutcome {
  return { outcome: 'cut', reason: code, statusCode, requestBytes: 0, responseBytes: 0 };
}
