import { Readable } from 'node:stream';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { callIdentity } from '../chain/call-identity.js';
import { upstreamRequestHeaders } from '../domain/forwarded-headers.js';
import { headerValue } from '../domain/request-head.js';
import type { IdentityModes } from '../identity-modes/identity-modes.js';
import { collectAnswer } from '../upstream/collect-answer.js';
import { refusedAnswer, upstreamFailure } from '../upstream/upstream-failure.js';
import type { UpstreamRequest } from '../upstream/upstream.js';

const limits = {
  /** Admission webhooks may use up most of it. */
  answerMs: 15_000,
  /** Objects are at most 3 MB in the cluster's store, and somewhat longer as JSON. */
  maxBytes: 8 * 1024 * 1024,
} as const;

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
 * @throws CallRefused when there is no answer that could be believed
 */
export async function askCluster(
  call: Negotiated,
  identities: Pick<IdentityModes, 'assume'>,
  question: ClusterQuestion,
): Promise<ClusterAnswer> {
  const identity = callIdentity(call);
  await identities.assume(call.connection, call.grant, identity);
  try {
    const prepared = await call.upstream.prepare(identity);
    const waitsFor = call.answer;
    const answer = await collectAnswer(prepared, requestOf(call, question), {
      ...limits,
      waitsFor,
    });
    const { statusCode, rawHeaders, body } = answer;
    const refused = refusedAnswer(statusCode, call.connection);
    if (refused !== undefined) throw refused;
    return { statusCode, contentType: headerValue(rawHeaders, 'content-type') ?? '', body };
  } catch (error) {
    throw upstreamFailure(error, call.connection);
  }
}

function requestOf(call: Negotiated, { method, target, body }: ClusterQuestion): UpstreamRequest {
  const own = { accept: 'application/json', plain: true };
  const headers = upstreamRequestHeaders(call.request.headers, own);
  return {
    ...{ method, target, headers, longRunning: false },
    body: body === undefined ? null : Readable.from([body], { objectMode: false }),
    ...(body !== undefined && { contentLength: body.length }),
    readOnly: method === 'GET',
  };
}
