import type { Clock } from '@drawbridge/kernel';
import { CallCut } from '../domain/call-cut.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { readsObjects } from '../domain/plain-reads.js';
import type { CallBodies, Line } from '../bodies/call-bodies.js';
import type { StartOnItsWay } from '../streams/until-recorded.js';
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
  /**
   * As `start`, of a call that does nothing but read: it may be forwarded with its record, and is answered behind it.
   * The end is the caller's to record, also when the record is not stored in time.
   *
   * @throws CallRefused `record_unavailable`: nothing may be forwarded
   */
  startRead(call: EndedCall, line: string, body?: string): ReadRecord;
  /** Records a body of a call that has started, for certain, but later: never fails and never waits. */
  body(call: Pick<EndedCall, 'commandId' | 'connection'>, line: string): void;
  /** Records for certain, but later: never fails and never waits. */
  end(call: EndedCall, line: string): void;
}

/** The start of a read, on its way to the stream. */
export interface ReadRecord extends StartOnItsWay {
  /**
   * Resolves when the record has left for the stream, and the cluster may be asked. Rejects when nobody knows in time
   * whether it is durable.
   */
  readonly left: Promise<void>;
  /** It will never be stored, so an end would stand alone. */
  readonly isGivenUp: boolean;
}

/**
 * Records the call, and its end, whatever happens in between. What could change anything is forwarded when its start
 * is durable; a plain read is forwarded when its start has left, and answered when that is durable. Of a call whose
 * gateway was killed the end is missing, and audit shows it so.
 */
export const recordCall =
  <Call extends RecordedCall>({
    recorder,
    clock,
    requestBody,
  }: RecordCallParts<Call>): Step<Call, Call & AnsweredBehindRecord> =>
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
    const begin = (call: Call, body: string | undefined) => {
      const line = startedLine(call);
      const begun = mayBeAnsweredBehindRecord(call)
        ? recorder.startRead(call, line, body)
        : recorder.start(call, line, body);
      call.facts.started = true;
      return begun;
    };
    const read = async (call: Call, record: ReadRecord) => {
      await record.left;
      return next(record.isStored ? call : { ...call, record });
    };
    const goOn = async (call: Call, body: string | undefined) => {
      const begun = begin(call, body);
      if (begun instanceof Promise) await begun;
      let outcome: CallOutcome;
      try {
        outcome = await (begun instanceof Promise ? next(call) : read(call, begun));
      } catch (error) {
        if (!(begun instanceof Promise) && begun.isGivenUp) throw error;
        const ending = endOf(call, outcomeOf(error));
        if (ending !== undefined) await ending;
        throw error;
      }
      const ending = endOf(call, outcome);
      if (ending !== undefined) await ending;
      return outcome;
    };
    return (call) => {
      const body = call.bodies && requestBody?.(call, call.bodies);
      return body instanceof Promise ? body.then((line) => goOn(call, line)) : goOn(call, body);
    };
  };

/** At night, under broken glass, nothing at all is done before it is on the record. */
const mayBeAnsweredBehindRecord = ({ kube, grant }: Allowed): boolean =>
  readsObjects(kube) && grant.breakGlass !== true;

/** A call that was forwarded with its record, which is not stored yet: its answer waits for that. */
export interface AnsweredBehindRecord {
  readonly record?: StartOnItsWay;
}

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
const endedByUs = new Set([
  'body_too_large',
  'masked_value_read',
  'masked_value_written',
  'record_unavailable',
]);

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
