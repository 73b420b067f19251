import type { LoggerService } from '@nestjs/common';
import type { CallOutcome } from '../domain/call-outcome.js';
import type { Tarpit } from '../limits/tarpit.js';
import type { WordsOfConnection } from '../masking/record-words.js';
import { refusedLine } from './command-records.js';
import type { Exchange, Step } from './exchange.js';
import { answerOf, type RefusalAnswer } from './refusal-answer.js';
import { sendStatus } from './send-status.js';

/** Where refusals are recorded: as well as can be, within a bounded time. */
export interface RefusalLog {
  refused(call: RefusedCall): Promise<void>;
}

export interface RefusedCall {
  readonly commandId: string;
  readonly connection: string;
  /** The record as the JSON that is stored. */
  readonly line: string;
  /** It costs its sender nothing, so there may be any number of them. */
  readonly cheap: boolean;
}

export interface RefusalParts {
  readonly log: RefusalLog;
  readonly logger: LoggerService;
  /** Whether a connection of this name is configured. */
  readonly isConnection: (name: string) => boolean;
  /** How what callers have written is put into records. */
  readonly words: WordsOfConnection;
  /** Where refusals wait that come faster than anybody needs them. */
  readonly tarpit: Pick<Tarpit, 'hold'>;
}

/**
 * Answers every call that a later step ended, and records it as refused unless it had started. What addresses
 * no configured connection is no command: the names in it are the caller's invention.
 */
export const answerRefusals =
  ({ log, logger, isConnection, words, tarpit }: RefusalParts): Step<Exchange, Exchange> =>
  (next) =>
  async (exchange) => {
    exchange.facts.words = words;
    try {
      try {
        return await next(exchange);
      } finally {
        giveBack(exchange);
      }
    } catch (error) {
      const answer = answerOf(error);
      report(logger, exchange, { error, answer });
      const { started, connection } = exchange.facts;
      if (started !== true && connection !== undefined && isConnection(connection)) {
        await log.refused(refusedCall(exchange, connection, answer));
      }
      const held = isCheap(exchange, answer) ? tarpit.hold(callerOf(exchange)) : undefined;
      if (held instanceof Promise) await held;
      sendStatus(exchange, answer, held === 'full');
      return refusedOutcome(answer);
    }
  };

/** What was taken for the call, before anybody waits for the answer to a refusal. */
function giveBack({ ends }: Exchange): void {
  for (let at = ends.length - 1; at >= 0; at -= 1) ends[at]?.();
}

function refusedCall(exchange: Exchange, connection: string, answer: RefusalAnswer): RefusedCall {
  const { commandId } = exchange;
  return {
    commandId,
    connection,
    // Of a flood most are counted only: then it is never written.
    get line() {
      return refusedLine(exchange, connection, answer);
    },
    cheap: isCheap(exchange, answer),
  };
}

/** A call that waits for a human is no flood, and there are few of them. */
const isCheap = ({ facts }: Exchange, { statusCode, code }: RefusalAnswer): boolean =>
  facts.agent === undefined || (statusCode === 429 && code !== 'hold_pending');

/** An agent, wherever it calls from; of a stranger only the address is known. */
function callerOf({ facts, request }: Exchange): string {
  const { agent } = facts;
  return agent === undefined ? request.remoteAddress : `${agent.issuer} ${agent.subject}`;
}

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
