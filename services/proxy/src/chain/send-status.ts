import type { IncomingMessage } from 'node:http';
import { kubeStatus } from '../domain/kube-status.js';
import { MAX_BODY_BYTES } from '../streams/request-body.js';
import type { Exchange } from './exchange.js';
import type { RefusalAnswer } from './refusal-answer.js';

/** Statuses after which nothing more on this connection can be trusted to be read alike on both sides. */
const closing = new Set([400, 405, 408, 413, 417, 421, 431, 505]);

/** Answers with a Kubernetes `Status`, unless the client is gone or an answer has begun. */
export function sendStatus(exchange: Exchange, answer: RefusalAnswer): void {
  const { request, response, commandId, upgrade, awaitsContinue } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // A client that waits for 100 Continue may or may not send the body now: nobody could tell what comes next.
  const close = upgrade || awaitsContinue || closing.has(answer.statusCode);
  const { type, body } = documentOf(exchange, answer);
  response.writeHead(answer.statusCode, {
    'audit-id': commandId,
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
    'content-type': type,
    'drawbridge-refusal': answer.code,
    'x-content-type-options': 'nosniff',
    ...(answer.challenge !== undefined && { 'www-authenticate': answer.challenge }),
    ...(close && { connection: 'close' }),
  });
  response.end(body);
  if (!request.complete && !upgrade) discardBody(request);
}

/**
 * A `Status`; for discovery and other paths that are no resource its message alone, as text: Go clients read
 * those raw and would print a JSON error as "unknown".
 */
function documentOf({ commandId, facts }: Exchange, answer: RefusalAnswer) {
  const status = kubeStatus({ ...answer, commandId });
  if (facts.kube?.kind === 'nonResource') {
    return { type: 'text/plain; charset=utf-8', body: status.message };
  }
  return { type: 'application/json', body: JSON.stringify(status) };
}

/** Reads what is left of a small body, so that the client gets to read our answer; ends a larger one. */
function discardBody(request: IncomingMessage): void {
  let left = MAX_BODY_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.on('error', () => undefined);
}
