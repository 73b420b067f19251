import { Readable } from 'node:stream';
import {
  ResponseContext,
  type PromiseHttpLibrary,
  type RequestContext,
} from '@kubernetes/client-node';
import { uuidV7 } from '@drawbridge/runtime';
import { headerValue } from '../domain/request-head.js';
import { collectAnswer } from '../upstream/collect-answer.js';
import type { Upstream, UpstreamRequest } from '../upstream/upstream.js';
import { gatewayIdentity } from './gateway-identity.js';

/** A list of 500 Roles is far below; more comes from something that is no API server. */
const limits = { answerMs: 10_000, maxBytes: 32 * 1024 * 1024 } as const;

/**
 * Sends the requests of `@kubernetes/client-node` by an {@link Upstream}: same address, TLS, credential and
 * circuit breaker as the calls of agents, whatever the credential is made of.
 */
export class UpstreamHttpLibrary implements PromiseHttpLibrary {
  constructor(private readonly upstream: Pick<Upstream, 'prepare'>) {}

  async send(request: RequestContext): Promise<ResponseContext> {
    const prepared = await this.upstream.prepare({
      ...gatewayIdentity,
      commandId: uuidV7(new Date()),
    });
    const answer = await collectAnswer(prepared, upstreamRequest(request), limits);
    const { statusCode, rawHeaders, body } = answer;
    return new ResponseContext(
      statusCode,
      { 'content-type': headerValue(rawHeaders, 'content-type') ?? '' },
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
