import { Readable } from 'node:stream';
import { clientGone, type CallOutcome } from '../domain/call-outcome.js';
import { upstreamRequestHeaders } from '../domain/forwarded-headers.js';
import { maskWarnings } from '../masking/mask-warnings.js';
import { isLongRunning } from '../domain/long-running.js';
import { readsOneObject } from '../domain/plain-reads.js';
import type { CutReason } from '../domain/cut-reason.js';
import type { RecordAnswer, RecordedAnswer } from '../recording/record-answer.js';
import { HeldFlow } from '../streams/held-flow.js';
import { cutWords, pauseWords, resumeWords } from '../streams/pause-words.js';
import type { Pausable } from '../streams/pause-switch.js';
import { lastWordsForm } from '../streams/last-words.js';
import { Relay } from '../streams/relay.js';
import { TransferTurns } from '../streams/transfer-turns.js';
import { upstreamFailure } from '../upstream/upstream-failure.js';
import { inspectForPlaceholders } from '../masking/masked-target.js';
import { bothTransforms, type TransformAnswer } from '../streams/body-transform.js';
import { UntilRecorded } from '../streams/until-recorded.js';
import type { PreparedUpstream, UpstreamFlow, UpstreamRequest } from '../upstream/upstream.js';
import type { Handler } from './exchange.js';
import type { AnsweredBehindRecord } from './record-call.js';
import type { Tracked } from './track-live.js';

/**
 * Sends the judged call to the cluster and its answer to the client. Nothing is sent when the grant ended, or
 * the client left, while the record was made.
 */
export const forward =
  (record: RecordAnswer, turns = new TransferTurns()): Handler<Answered> =>
  (call) => {
    const { upstream, cutSwitch } = call;
    // A credential that is made for a grant after it has ended would be kept, and renewed, until its time is over.
    cutSwitch.throwIfCut();
    const prepared = upstream.prepare(call.identity);
    if (!(prepared instanceof Promise)) return send(call, prepared, { turns, record });
    return unlessCut(prepared, cutSwitch).then((ready) => send(call, ready, { turns, record }));
  };

type Answered = Tracked & AnsweredBehindRecord;

interface SendParts {
  readonly turns: TransferTurns;
  readonly record: RecordAnswer;
}

function send(
  call: Answered,
  prepared: PreparedUpstream,
  { turns, record }: SendParts,
): Promise<CallOutcome> {
  const { cutSwitch, answer } = call;
  cutSwitch.throwIfCut();
  if (answer.destroyed) return Promise.resolve(clientGone);
  if (call.pauseSwitch !== undefined) return stream(call, prepared, { turns, record });
  const relay = relayOf(call, turns, undefined);
  cutSwitch.onCut((reason) => relay.cut(reason));
  if (call.awaitsContinue) answer.writeContinue();
  try {
    relay.follow(sendBehindRecord(call, prepared, relay));
  } catch (error) {
    throw upstreamFailure(error, call.connection);
  }
  return relay.ended;
}

/** Its answer waits for its record when that is not stored yet. */
function sendBehindRecord(call: Answered, prepared: PreparedUpstream, relay: Relay): UpstreamFlow {
  const { record } = call;
  if (record === undefined || record.isStored) return prepared.send(upstreamRequest(call), relay);
  if (record.refusal !== undefined) throw record.refusal;
  const held = new HeldFlow();
  const listener = new UntilRecorded(relay, held);
  held.follow(prepared.send(upstreamRequest(call), listener));
  listener.waitFor(record);
  return held;
}

/** A call that may go on for long: it can be recorded, and held back beside what its client reads. */
function stream(
  call: Tracked,
  prepared: PreparedUpstream,
  { turns, record }: SendParts,
): Promise<CallOutcome> {
  const held = new HeldFlow();
  const cut = (reason: CutReason) => relay.cut(reason);
  const recorded = record(call, { flow: held, cut });
  const relay = relayOf(call, turns, recorded?.transform);
  call.cutSwitch.onCut(cut);
  if (call.awaitsContinue) call.answer.writeContinue();
  try {
    relay.follow(held.follow(prepared.send(upstreamRequest(call), relay)));
  } catch (error) {
    recorded?.end(undefined);
    throw upstreamFailure(error, call.connection);
  }
  call.pauseSwitch?.onOrder(pausable(held, recorded));
  return recorded === undefined ? relay.ended : endRecorded(relay.ended, recorded);
}

/** An answer has no place for words, but its recording has; how it is cut says the code. */
const pausable = (held: HeldFlow, recorded: RecordedAnswer | undefined): Pausable => ({
  pause: (order) => {
    held.hold('human');
    recorded?.ordered(pauseWords(order));
  },
  resume: (order) => {
    recorded?.ordered(resumeWords(order));
    held.release('human');
  },
  cutting: (order) => recorded?.ordered(cutWords(order)),
});

async function endRecorded(
  ended: Promise<CallOutcome>,
  recorded: RecordedAnswer,
): Promise<CallOutcome> {
  let outcome: CallOutcome | undefined;
  try {
    outcome = await ended;
    return outcome;
  } finally {
    recorded.end(outcome);
  }
}

/** What is kept for a grant ends with it: then that, and not what failed for it, is why the call is refused. */
async function unlessCut<Value>(
  preparing: Promise<Value>,
  cutSwitch: Tracked['cutSwitch'],
): Promise<Value> {
  try {
    return await preparing;
  } catch (error) {
    cutSwitch.throwIfCut();
    throw error;
  }
}

function relayOf(call: Tracked, turns: TransferTurns, record: TransformAnswer | undefined): Relay {
  const { request, answer, connection, commandId, kube, filter, agent, mask, bodies } = call;
  const changed =
    filter === undefined ? mask.transform : bothTransforms(filter.transform, mask.transform);
  return new Relay({
    request,
    answer,
    connection,
    commandId,
    longRunning: isLongRunning(kube),
    lastWords: lastWordsForm(kube),
    transform: record === undefined ? changed : bothTransforms(changed, record),
    tap: bodies && ((head) => bodies.openAnswer(head)),
    changeHeaders: (headers) => maskWarnings(headers, mask.masker),
    agent,
    turns,
  });
}

function upstreamRequest({
  request,
  kube,
  commandId,
  filter,
  mask,
  body,
}: Tracked): UpstreamRequest {
  const longRunning = isLongRunning(kube);
  return {
    method: kube.method,
    auditId: commandId,
    target: filter?.target ?? kube.target,
    headers: upstreamRequestHeaders(request.headers, {
      accept: filter?.accept ?? mask.accept,
      plain: longRunning || mask.plain,
    }),
    ...(body.kind === 'held' ? heldBody(body.bytes) : announcedBody(request)),
    longRunning,
    readOnly: readingVerbs.has(kube.verb) && (kube.method === 'GET' || kube.method === 'HEAD'),
    oneObject: readsOneObject(kube),
  };
}

/** What was judged, byte for byte. */
const heldBody = (bytes: Buffer) => ({
  body: Readable.from([bytes], { objectMode: false }),
  contentLength: bytes.length,
});

function announcedBody({ announced, body }: Tracked['request']) {
  if (announced === undefined) return { body: null };
  const inspect = inspectForPlaceholders();
  return {
    body,
    inspect,
    ...(announced.length !== undefined && { contentLength: announced.length }),
  };
}

/** Of paths that are no resource the method is the verb. `proxy` and what else a GET can do are none of them. */
const readingVerbs = new Set(['get', 'list', 'watch', 'head']);
