import type { Clock } from '@drawbridge/kernel';
import type { Tracked } from '../chain/track-live.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import type { TransformAnswer } from '../streams/body-transform.js';
import type { HeldFlow } from '../streams/held-flow.js';
import { RecordedBody } from './recorded-body.js';
import type { RecordingRules } from './recording-rules.js';
import { sessionHeader } from './session-header.js';
import { SessionRecording, type RecordingLog } from './session-recording.js';

export interface RecordAnswerParts {
  readonly rules: Pick<RecordingRules, 'of'>;
  readonly log: RecordingLog;
  readonly clock: Clock;
}

/** A log or watch on its way, as it is recorded. */
export interface RecordedAnswer {
  /** Stands behind whatever else changes the body: records what the client gets. */
  readonly transform: TransformAnswer;
  /** What a human has ordered, in words: whoever reads it cannot be told. */
  readonly ordered: (words: string) => void;
  /** It is over. */
  end(outcome: Pick<CallOutcome, 'reason'> | undefined): void;
}

/** What an answer that is recorded can be made to do. */
export interface AnswerControl {
  readonly flow: Pick<HeldFlow, 'hold' | 'release'>;
  readonly cut: (reason: 'record_unavailable') => void;
}

export type RecordAnswer = (call: Tracked, control: AnswerControl) => RecordedAnswer | undefined;

/** Records logs and watches as their connection wants it; other answers are bodies, and none of its concern. */
export const recordAnswer =
  ({ rules, log, clock }: RecordAnswerParts): RecordAnswer =>
  (call, control) => {
    const extent = extentOf(call, rules);
    if (extent === 'none') return undefined;
    let recorded: { readonly recording: SessionRecording; readonly body: RecordedBody } | undefined;
    return {
      transform: ({ statusCode }) => {
        if (statusCode !== 200) return undefined;
        const { commandId, connection } = call;
        const header = sessionHeader(call);
        const recording = new SessionRecording({
          ...{ log, commandId, connection, header, begunAt: clock() },
        });
        listen(recording, control);
        const body = new RecordedBody({ recording, extent });
        recorded = { recording, body };
        return body;
      },
      ordered: (words) => recorded?.recording.frame('m', words),
      end: (outcome) => {
        recorded?.body.close();
        if (outcome?.reason !== undefined) {
          recorded?.recording.frame('m', `drawbridge: ${outcome.reason}`);
        }
        recorded?.recording.end();
      },
    };
  };

function listen(recording: SessionRecording, { flow, cut }: AnswerControl): void {
  recording.listen({
    onFull: () => flow.hold('record'),
    onRoom: () => flow.release('record'),
    onFailed: () => cut('record_unavailable'),
  });
}

function extentOf({ kube, connection }: Tracked, rules: Pick<RecordingRules, 'of'>) {
  if (kube.kind !== 'resource') return 'none';
  if (kube.subresource === 'log') return rules.of(connection).logs;
  return kube.verb === 'watch' ? rules.of(connection).watches : 'none';
}
