import type { Clock } from '@drawbridge/kernel';
import { CallCut } from '../domain/call-cut.js';
import type { CallOutcome } from '../domain/call-outcome.js';
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
   * @throws CallRefused `record_unavailable`: nothing may be forwarded
   */
  start(call: EndedCall, line: string): Promise<void>;
  /** Records for certain, but later: never fails and never waits. */
  end(call: EndedCall, line: string): void;
}

/**
 * Records the call before anything is forwarded, reads included, and its end afterwards, whatever happens in
 * between. Of a call whose gateway was killed the end is missing, and audit shows it so.
 */
export const recordCall =
  <Call extends Allowed>(recorder: Recorder, clock: Clock): Step<Call, Call> =>
  (next) =>
  async (call) => {
    const stored = recorder.start(call, startedLine(call));
    call.facts.started = true;
    await stored;
    let outcome: CallOutcome;
    try {
      outcome = await next(call);
    } catch (error) {
      recorder.end(call, endedLine(call, outcomeOf(error), clock()));
      throw error;
    }
    recorder.end(call, endedLine(call, outcome, clock()));
    return outcome;
  };

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
