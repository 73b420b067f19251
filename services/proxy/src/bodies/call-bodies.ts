import { gunzipSync } from 'node:zlib';
import type { BodyCut, BodyDirection } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import type { CallOutcome } from '../domain/call-outcome.js';
import type { BodyTap, TappedHead } from '../streams/body-tap.js';
import { BodyCapture, type CaptureParts } from './body-capture.js';
import { bodyLine } from './body-line.js';
import type { BodyPlan } from './body-plan.js';
import type { RecordedBody } from './recorded-body.js';

/** Longer answers stay compressed: what comes of them is looked at as a whole. */
const MAX_INFLATED_BYTES = 1_048_576;

export interface BodiesOfCall {
  readonly commandId: string;
  readonly connection: string;
  readonly plan: BodyPlan;
  readonly store: CaptureParts['store'];
  readonly memory: CaptureParts['memory'];
  readonly clock: Clock;
}

/** What is kept, and as what. */
export interface WholeBody {
  readonly direction: BodyDirection;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A line of the record, at once where nothing has to be stored elsewhere first. */
export type Line = string | Promise<string>;

/** The bodies of one call, on their way into the record. What is given to it is masked. */
export class CallBodies {
  #answer: BodyCapture | undefined;
  #head: TappedHead | undefined;

  constructor(private readonly call: BodiesOfCall) {}

  get plan(): BodyPlan {
    return this.call.plan;
  }

  /** A body that is here as a whole. */
  whole({ direction, contentType, bytes }: WholeBody): Line {
    const capture = this.#capture();
    capture.push(bytes);
    return this.#written(capture.finish(), { direction, contentType });
  }

  /** A body that is not kept at all. */
  missing(direction: BodyDirection, cut: BodyCut): Line {
    return this.#written(this.#capture().finish(cut), { direction, contentType: '' });
  }

  /** Takes the body of the answer while it passes. */
  openAnswer(head: TappedHead): BodyTap {
    this.#head = head;
    return (this.#answer = this.#capture());
  }

  /** The answer is over. @returns `undefined` when it has no body */
  answer(outcome: Pick<CallOutcome, 'outcome'>): Line | undefined {
    const [capture, head] = [this.#answer, this.#head];
    if (capture === undefined || head === undefined) return undefined;
    this.#answer = undefined;
    const finished = capture.finish(endedBy[outcome.outcome]);
    if (capture.bytes === 0) return undefined;
    const { contentType } = head;
    const contentEncoding = head.contentEncoding === 'identity' ? '' : head.contentEncoding;
    const of = { direction: 'response', contentType } as const;
    if (contentEncoding === '') return this.#written(finished, of);
    if (finished instanceof Promise) return this.#written(finished, { ...of, contentEncoding });
    const plain = inflated(finished, contentEncoding);
    if (plain === undefined) return this.#written(finished, { ...of, contentEncoding });
    return this.whole({ ...of, bytes: plain });
  }

  #capture(): BodyCapture {
    const { plan, store, memory } = this.call;
    return new BodyCapture({ limits: plan.limits, store, memory });
  }

  #written(
    body: RecordedBody | Promise<RecordedBody>,
    of: Pick<Parameters<typeof bodyLine>[0], 'direction' | 'contentType' | 'contentEncoding'>,
  ): Line {
    const { commandId, connection, clock } = this.call;
    const write = (recorded: RecordedBody) =>
      bodyLine({ ...of, commandId, connection, at: clock() }, recorded);
    return body instanceof Promise ? body.then(write) : write(body);
  }
}

/** Why there is no more of an answer. */
const endedBy: Readonly<Record<CallOutcome['outcome'], BodyCut | undefined>> = {
  completed: undefined,
  cut: 'call_cut',
  client_gone: 'client_gone',
  upstream_failed: 'upstream_failed',
};

/** Of a short answer that is whole; `undefined` when it stays as it is. */
function inflated({ content, cut }: RecordedBody, contentEncoding: string): Buffer | undefined {
  if (cut !== undefined || contentEncoding.toLowerCase() !== 'gzip') return undefined;
  try {
    return gunzipSync(content, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch {
    return undefined;
  }
}
