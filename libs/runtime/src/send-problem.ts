import type { Request, Response } from 'express';
import type { Problem } from '@drawbridge/contracts';
import { requestIdOf } from './request-id.js';

/** Answers with a problem document (RFC 9457), or cuts the connection when an answer has already begun. */
export function sendProblem(request: Request, response: Response, problem: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (problem.status === 401 && !response.hasHeader('WWW-Authenticate'))
    response.setHeader('WWW-Authenticate', challenge(problem));
  if (problem.status === 503) response.setHeader('Retry-After', '1');
  // What is left of an unread body must not be read as the next request.
  if (!request.complete) response.setHeader('Connection', 'close');
  response
    .status(problem.status)
    .setHeader('Content-Type', 'application/problem+json')
    .end(JSON.stringify({ ...problem, requestId: requestIdOf(request) }));
}

/** RFC 6750: no `error` when the caller sent no token at all. */
const challenge = ({ code }: Problem): string =>
  code === 'token_missing'
    ? 'Bearer realm="drawbridge"'
    : 'Bearer realm="drawbridge", error="invalid_token"';
