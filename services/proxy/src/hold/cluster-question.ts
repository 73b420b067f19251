import { Readable } from 'node:stream';
import { callIdentity } from '../chain/call-identity.js';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { headerValue, headerValues } from '../domain/request-head.js';
import type { IdentityModes } from '../identity-modes/identity-modes.js';
import { collectAnswer } from '../upstream/collect-answer.js';
import { refusedAnswer, upstreamFailure } from '../upstream/upstream-failure.js';
import type { UpstreamRequest } from '../upstream/upstream.js';

const limits = { answerMs: 10_000, maxBytes: 16 * 1024 * 1024 } as const;

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

/** Asks the cluster of a call. @throws CallRefused when there is no answer that could be believed */
export type AskCluster = (question: ClusterQuestion) => Promise<ClusterAnswer>;

/** Asks by the credential and the identity of a call, and reads each answer whole. */
export function clusterOf(call: Negotiated, identities: Pick<IdentityModes, 'assume'>): AskCluster {
  const { upstream, connection, grant } = call;
  const identity = callIdentity(call);
  return async (question) => {
    try {
      await identities.assume(connection, grant, identity);
      const prepared = await upstream.prepare(identity);
      const answer = await collectAnswer(prepared, requestOf(question), limits);
      const { statusCode, rawHeaders, body } = answer;
      const refusal = refusedAnswer(statusCode, connection);
      if (refusal !== undefined) throw refusal;
      const contentType = headerValue(rawHeaders, 'content-type') ?? '';
      return { statusCode, contentType, warnings: headerValues(rawHeaders, 'warning'), body };
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
