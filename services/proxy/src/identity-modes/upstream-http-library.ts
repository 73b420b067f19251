import { Readable } from 'node:stream';
import {
  ResponseContext,
  type PromiseHttpLibrary,
  type RequestContext,
} from '@kubernetes/client-node';
import { uuidV7 } from '@drawbridge/runtime';
import type { CallIdentity } from '../credentials/credential.js';
import { CallRefused } from '../domain/call-refused.js';
import type { PreparedUpstream, Upstream, UpstreamRequest } from '../upstream/upstream.js';

const ANSWER_MS = 10_000;
/** A list of 500 Roles is far below; more comes from something that is no API server. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Who makes Roles and bindings: the gateway for itself, always under one name, so that one credential does. */
const gateway = {
  agent: { kind: 'agent', issuer: 'urn:drawbridge', subject: 'gateway', groups: [] },
  grantId: 'gateway',
  accessRequestId: 'gateway',
  grantEndsAtMs: Infinity,
} as const satisfies Omit<CallIdentity, 'commandId'>;

/**
 * Sends the requests of `@kubernetes/client-node` by an {@link Upstream}: same address, TLS, credential and
 * circuit breaker as the calls of agents, whatever the credential is made of.
 */
export class UpstreamHttpLibrary implements PromiseHttpLibrary {
  constructor(private readonly upstream: Pick<Upstream, 'prepare'>) {}

  async send(request: RequestContext): Promise<ResponseContext> {
    const prepared = await this.upstream.prepare({ ...gateway, commandId: uuidV7(new Date()) });
    const { statusCode, type, body } = await exchange(prepared, upstreamRequest(request));
    return new ResponseContext(
      statusCode,
      { 'content-type': type },
      {
        text: () => Promise.resolve(body.toString('utf8')),
        binary: () => Promise.resolve(body),
        stream: () => null,
      },
    );
  }
}

function upstreamRequest(request: RequestContext): UpstreamRequest {
  const { pathname, search } = new URL(request.getUrl());
  const body = request.getBody();
  const bytes = typeof body === 'string' ? Buffer.from(body) : undefined;
  return {
    method: request.getHttpMethod(),
    target: `${pathname}${search}`,
    headers: ['user-agent', 'drawbridge', ...Object.entries(request.getHeaders()).flat()],
    body: bytes === undefined ? null : Readable.from([bytes]),
    ...(bytes !== undefined && { contentLength: bytes.length }),
    longRunning: false,
    readOnly: request.getHttpMethod() === 'GET',
  };
}

interface Answer {
  readonly statusCode: number;
  readonly type: string;
  readonly body: Buffer;
}

function exchange(upstream: PreparedUpstream, request: UpstreamRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const chunks: Buffer[] = [];
  let [statusCode, type, bytes] = [0, '', 0];
  const fail = (error: Error) => {
    clearTimeout(timer);
    reject(error);
  };
  const giveUp = (why: string) => {
    flow.abort();
    fail(new CallRefused('upstream_failed', why));
  };
  const timer = setTimeout(() => giveUp('the cluster did not answer in time'), ANSWER_MS);
  const flow = upstream.send(request, {
    onHead: (status, rawHeaders) => {
      statusCode = status;
      const at = rawHeaders.findIndex(
        (name, index) => index % 2 === 0 && /^content-type$/i.test(name),
      );
      type = at === -1 ? '' : (rawHeaders[at + 1] ?? '');
    },
    onData: (chunk) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) giveUp('the cluster answered with too much');
      else chunks.push(chunk);
    },
    onEnd: () => {
      clearTimeout(timer);
      resolve({ statusCode, type, body: Buffer.concat(chunks) });
    },
    onError: fail,
  });
  return promise;
}
