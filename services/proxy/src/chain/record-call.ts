import type { Clock } from '@drawbridge/kernel';
import { CallCut } from '../domain/call-cut.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import type { CallBodies, Line } from '../bodies/call-bodies.js';
import type { Allowed } from './authorize-call.js';
import { endedLine, startedLine, type EndedCall } from './command-records.js';
import type { Step } from './exchange.js';
import { answerOf } from './refusal-answer.js';

/** Where commands are recorded; `line` is a record as the JSON that is stored. */
export interface Recorder {
  /**
   * Resolves when the record is durable. Throws at once when it cannot be taken; rejects when nobody knows in time
   * whether it is durable, and then records itself that nothing was forwarded.
   *
   * @param body - that of the request, as a record of its own: stored together with the start
   * @throws CallRefused `record_unavailable`: nothing may be forwarded
   */
  start(call: EndedCall, line: string, body?: string): Promise<void>;
  /** Records a body of a call that has started, for certain, but later: never fails and never waits. */
  body(call: Pick<EndedCall, 'commandId' | 'connection'>, line: string): void;
  /** Records for certain, but later: never fails and never waits. */
  end(call: EndedCall, line: string): void;
}

/**
 * Records the call before anything is forwarded, reads included, and its end afterwards, whatever happens in
 * between. Of a call whose gateway was killed the end is missing, and audit shows it so.
 */
export const recordCall =
  <Call extends RecordedCall>({
    recorder,
    clock,
    requestBody,
  }: RecordCallParts<Call>): Step<Call, Call> =>
  (next) => {
    const end = (call: Call, outcome: CallOutcome, body?: string) => {
      if (body !== undefined) recorder.body(call, body);
      recorder.end(call, endedLine(call, outcome, clock()));
    };
    const endWithBody = async (call: Call, outcome: CallOutcome, answer: Promise<string>) => {
      end(call, outcome, await answer);
    };
    const endOf = (call: Call, outcome: CallOutcome) => {
      const answer = call.bodies?.answer(outcome);
      if (answer instanceof Promise) return endWithBody(call, outcome, answer);
      end(call, outcome, answer);
      return undefined;
    };
    return async (call) => {
      const sent = call.bodies && requestBody?.(call, call.bodies);
      const body = sent instanceof Promise ? await sent : sent;
      const stored = recorder.start(call, startedLine(call), body);
      call.facts.started = true;
      await stored;
      let outcome: CallOutcome;
      try {
        outcome = await next(call);
      } catch (error) {
        const ending = endOf(call, outcomeOf(error));
        if (ending !== undefined) await ending;
        throw error;
      }
      const ending = endOf(call, outcome);
      if (ending !== undefined) await ending;
      return outcome;
    };
  };

/** A call whose bodies may be kept. */
export interface RecordedCall extends Allowed {
  readonly bodies?: CallBodies;
}

export interface RecordCallParts<Call> {
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** The record of what the call brings along, if it brings anything. */
  readonly requestBody?: (call: Call, bodies: CallBodies) => Line | undefined;
}

/** Found out while the body was on its way. */
const endedByUs = new Set(['body_too_large', 'masked_value_read', 'masked_value_written']);

/** How a call ended that was answered by us instead of the cluster. */
function outcomeOf(error: unknown): CallOutcome {
  const { code, statusCode } = answerOf(error);
  const byUs = error instanceof CallCut || endedByUs.has(code);
  return {
    outcome: byUs ? 'cut' : 'upstream_failed',
    reason: code,
    statusCode,
    requestBytes: 0,
    responseBytes: 0,
  };
}
