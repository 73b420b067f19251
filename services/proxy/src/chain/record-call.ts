import type { CommandRecord } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { CallCut } from '../domain/call-cut.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { endedRecord, startedRecord } from './command-records.js';
import type { Step } from './exchange.js';
import { answerOf } from './refusal-answer.js';
import type { Tracked } from './track-live.js';

/** Where commands are recorded. */
export interface Recorder {
  /**
   * Resolves when the record is durable.
   *
   * @throws CallRefused `record_unavailable`: then nothing may be forwarded
   */
  start(record: CommandRecord & { type: 'CommandStarted' }): Promise<void>;
  /** Records for certain, but later: never fails and never waits. */
  end(record: CommandRecord & { type: 'CommandEnded' }): void;
}

/**
 * Records the call before anything is forwarded, reads included, and its end afterwards, whatever happens in
 * between. Of a call whose gateway was killed the end is missing, and audit shows it so.
 */
export const recordCall =
  (recorder: Recorder, clock: Clock): Step<Tracked, Tracked> =>
  (next) =>
  async (call) => {
    const end = (outcome: CallOutcome) => recorder.end(endedRecord(call, outcome, clock()));
    await recorder.start(startedRecord(call));
    call.facts.started = true;
    try {
      const outcome = await next(call);
      end(outcome);
      return outcome;
    } catch (error) {
      end(outcomeOf(error));
      throw error;
    }
  };

/** How a call ended that was answered by us instead of the cluster. */
function outcomeOf(error: unknown): CallOutcome {
  const { code, statusCode } = answerOf(error);
  const byUs = error instanceof CallCut || code === 'body_too_large';
  return {
    outcome: byUs ? 'cut' : 'upstream_failed',
    reason: code,
    statusCode,
    requestBytes: 0,
    responseBytes: 0,
  };
}
