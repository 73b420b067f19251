import { Readable } from 'node:stream';
import { callIdentity } from '../chain/call-identity.js';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { CallRefused } from '../domain/call-refused.js';
import type { IdentityModes } from '../identity-modes/identity-modes.js';
import { refusedAnswer, upstreamFailure } from '../upstream/upstream-failure.js';
import type { PreparedUpstream, UpstreamRequest } from '../upstream/upstream.js';

const ANSWER_MS = 10_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** What the gateway itself asks of a cluster, about a call that waits. */
export interface ClusterQuestion {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly target: string;
  /** Of the client: it names the field manager where the query does not. */
  readonly userAgent?: string | undefined;
  readonly body?: { readonly type: string; readonly bytes: Buffer } | undefined;
}

export interface ClusterAnswer {
  readonly statusCode: number;
  /** `''` when there is none. */
  readonly contentType: string;
  readonly warnings: readonly string[];
  readonly body: Buffer;
}

/** Asks the cluster of a call. @throws {@link CallRefused} when there is no answer that could be believed */
export type AskCluster = (question: ClusterQuestion) => Promise<ClusterAnswer>;

/** Asks by the credential and the identity of a call, and reads each answer whole. */
export function clusterOf(call: Negotiated, identities: Pick<IdentityModes, 'assume'>): AskCluster {
  const { upstream, connection, grant } = call;
  const identity = callIdentity(call);
  return async (question) => {
    try {
      await identities.assume(connection, grant, identity);
      const answer = await exchange(await upstream.prepare(identity), requestOf(question));
      const refusal = refusedAnswer(answer.statusCode, connection);
      if (refusal !== undefined) throw refusal;
      return answer;
    } catch (error) {
      throw upstreamFailure(error, connection);
    }
  };
}

function requestOf({ method, target, userAgent, body }: ClusterQuestion): UpstreamRequest {
  return {
    method,
    target,
    headers: [
      'accept',
      'application/json',
      'accept-encoding',
      'identity',
      'user-agent',
      printable(userAgent) ?? 'drawbridge',
      ...(body === undefined ? [] : ['content-type', body.type]),
    ],
    body: body === undefined ? null : Readable.from([body.bytes]),
    ...(body !== undefined && { contentLength: body.bytes.length }),
    longRunning: false,
    readOnly: method === 'GET',
  };
}

const printable = (value: string | undefined): string | undefined =>
  value !== undefined && /^[\x20-\x7e]+$/.test(value) ? value : undefined;

function exchange(upstream: PreparedUpstream, request: UpstreamRequest): Promise<ClusterAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ClusterAnswer>();
  const chunks: Buffer[] = [];
  let head = { statusCode: 0, contentType: '', warnings: [] as readonly string[] };
  let bytes = 0;
  const giveUp = (why: string) => {
    flow.abort();
    fail(new CallRefused('upstream_failed', why));
  };
  const fail = (error: Error) => {
    clearTimeout(timer);
    reject(error);
  };
  const timer = setTimeout(
    () => giveUp('the cluster did not answer a question about this call in time'),
    ANSWER_MS,
  );
  const flow = upstream.send(request, {
    onHead: (statusCode, rawHeaders) => {
      const [contentType = ''] = valuesOf(rawHeaders, 'content-type');
      head = { statusCode, contentType, warnings: valuesOf(rawHeaders, 'warning') };
    },
    onData: (chunk) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) giveUp('the cluster said too much about this call');
      else chunks.push(chunk);
    },
    onEnd: () => {
      clearTimeout(timer);
      resolve({ ...head, body: Buffer.concat(chunks) });
    },
    onError: fail,
  });
  return promise;
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter(
    (_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  );
}
