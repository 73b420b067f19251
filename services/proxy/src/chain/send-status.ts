import { kubeStatus } from '../domain/kube-status.js';
import { MAX_BODY_BYTES } from '../streams/request-body.js';
import type { Exchange } from './exchange.js';
import type { RefusalAnswer } from './refusal-answer.js';

/** Statuses after which nothing more on this connection can be trusted to be read alike on both sides. */
const closing = new Set([400, 405, 408, 413, 417, 421, 431, 505]);

/**
 * Answers with a Kubernetes `Status`, unless the client is gone or an answer has begun.
 *
 * @param enough - the client has been told often enough: its connection ends with the answer
 */
export function sendStatus(exchange: Exchange, refusal: RefusalAnswer, enough: boolean): void {
  const { request, answer, commandId, upgrade, awaitsContinue } = exchange;
  if (answer.headersSent || answer.destroyed) {
    answer.destroy();
    return;
  }
  // A client that waits for 100 Continue may or may not send the body now: nobody could tell what comes next.
  const upgrading = upgrade !== undefined;
  const close = enough || upgrading || awaitsContinue || closing.has(refusal.statusCode);
  const { type, body } = documentOf(exchange, refusal);
  const headers = {
    'audit-id': commandId,
    'content-length': Buffer.byteLength(body),
    'content-type': type,
    ...refusalHeaders(refusal),
  };
  answer.writeHead(refusal.statusCode, headers, close);
  answer.end(body);
  if (!request.complete && !upgrading) request.discardBody(MAX_BODY_BYTES);
}

function refusalHeaders({ code, challenge, retryAfterSeconds, holdId }: RefusalAnswer) {
  return {
    'cache-control': 'no-store',
    'drawbridge-refusal': code,
    'x-content-type-options': 'nosniff',
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': retryAfterSeconds }),
    ...(holdId !== undefined && { 'drawbridge-hold': holdId }),
  };
}

/**
 * A `Status`; for discovery and other paths that are no resource its message alone, as text: Go clients read
 * those raw and would print a JSON error as "unknown".
 */
function documentOf({ commandId, facts }: Exchange, refusal: RefusalAnswer) {
  if (refusal.passed !== undefined) {
    return { type: refusal.passed.contentType, body: refusal.passed.body };
  }
  const status = kubeStatus({ ...refusal, commandId });
  if (facts.kube?.kind === 'nonResource') {
    return { type: 'text/plain; charset=utf-8', body: status.message };
  }
  return { type: 'application/json', body: JSON.stringify(status) };
}
