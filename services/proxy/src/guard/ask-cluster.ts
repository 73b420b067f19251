import { Readable } from 'node:stream';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { callIdentity } from '../chain/call-identity.js';
import { CallRefused } from '../domain/call-refused.js';
import { upstreamRequestHeaders } from '../domain/forwarded-headers.js';
import { headerValue } from '../domain/request-head.js';
import type { IdentityModes } from '../identity-modes/identity-modes.js';
import { refusedAnswer, upstreamFailure } from '../upstream/upstream-failure.js';
import type { UpstreamFlow, UpstreamListener, UpstreamRequest } from '../upstream/upstream.js';

/** How long the cluster may take: admission webhooks may use up most of it. */
const ANSWER_MS = 15_000;
/** Objects are at most 3 MB in the cluster's store, and somewhat longer as JSON. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** What the gateway asks the cluster on behalf of a call, before it forwards it. */
export interface ClusterQuestion {
  readonly method: string;
  /** Canonical path and query. */
  readonly target: string;
  /** With the type that the client gave it. */
  readonly body?: Buffer;
}

export interface ClusterAnswer {
  readonly statusCode: number;
  /** `''` when there is none. */
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * Asks the cluster something as the agent whose call it is, by the credential and the identity of the call, and
 * takes the answer in whole. Changes nothing: whoever asks sees to it.
 *
 * @throws {@link CallRefused} when there is no answer that could be believed
 */
export async function askCluster(
  call: Negotiated,
  identities: Pick<IdentityModes, 'assume'>,
  question: ClusterQuestion,
): Promise<ClusterAnswer> {
  const identity = callIdentity(call);
  await identities.assume(call.connection, call.grant, identity);
  const prepared = await call.upstream.prepare(identity);
  const answer = new CollectedAnswer();
  let timer: NodeJS.Timeout | undefined;
  try {
    const flow = prepared.send(requestOf(call, question), answer);
    answer.follow(flow);
    call.answer.on('close', () => answer.giveUp(gone));
    timer = setTimeout(() => answer.giveUp(tooLate), ANSWER_MS);
    const came = await answer.whole;
    const refused = refusedAnswer(came.statusCode, call.connection);
    if (refused !== undefined) throw refused;
    return came;
  } catch (error) {
    throw upstreamFailure(error, call.connection);
  } finally {
    clearTimeout(timer);
  }
}

const gone = new CallRefused('request_timeout', 'the client has left');
const tooLate = new CallRefused('upstream_timeout', 'the cluster did not answer in time');
const tooLong = new CallRefused('upstream_failed', 'the answer of the cluster is too long');

function requestOf(call: Negotiated, { method, target, body }: ClusterQuestion): UpstreamRequest {
  const own = { accept: 'application/json', plain: true };
  const headers = upstreamRequestHeaders(call.request.headers, own);
  return {
    ...{ method, target, headers, auditId: call.commandId, longRunning: false },
    body: body === undefined ? null : Readable.from([body], { objectMode: false }),
    ...(body !== undefined && { contentLength: body.length }),
    readOnly: method === 'GET',
  };
}

class CollectedAnswer implements UpstreamListener {
  readonly whole: Promise<ClusterAnswer>;
  readonly #resolve: (answer: ClusterAnswer) => void;
  readonly #reject: (error: Error) => void;
  readonly #pieces: Buffer[] = [];
  #flow: UpstreamFlow | undefined;
  #head: Omit<ClusterAnswer, 'body'> | undefined;
  #length = 0;
  #over = false;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<ClusterAnswer>();
    this.whole = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  follow(flow: UpstreamFlow): void {
    this.#flow = flow;
    if (this.#over) flow.abort();
  }

  giveUp(why: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#flow?.abort();
    this.#reject(why);
  }

  onHead(statusCode: number, rawHeaders: readonly string[]): void {
    this.#head = { statusCode, contentType: headerValue(rawHeaders, 'content-type') ?? '' };
  }

  onData(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > MAX_ANSWER_BYTES) this.giveUp(tooLong);
    else this.#pieces.push(Buffer.from(chunk));
  }

  onEnd(): void {
    if (this.#over || this.#head === undefined) return;
    this.#over = true;
    this.#resolve({ ...this.#head, body: Buffer.concat(this.#pieces) });
  }

  onError(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#reject(error);
  }
}
