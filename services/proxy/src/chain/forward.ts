import { codeOf } from '@drawbridge/kernel';
import type { CallOutcome } from '../domain/call-outcome.js';
import { upstreamRequestHeaders } from '../domain/forwarded-headers.js';
import { isLongRunning } from '../domain/long-running.js';
import { upstreamFailure } from '../kube/upstream-failure.js';
import { Relay } from '../streams/relay.js';
import { requestBody } from '../streams/request-body.js';
import { callIdentity } from './call-identity.js';
import type { Handler } from './exchange.js';
import type { Tracked } from './track-live.js';

/**
 * Sends the judged call to the cluster and its answer to the client. Nothing is sent when the grant ended, or
 * the client left, while the record was made; nothing is ever sent twice.
 */
export const forward = (): Handler<Tracked> => async (call) => {
  const { upstream, cutSwitch, answer } = call;
  const identity = callIdentity(call);
  const prepared = await upstream.prepare(identity);
  cutSwitch.throwIfCut();
  if (answer.destroyed) return clientGone;
  const relay = relayOf(call);
  cutSwitch.onCut((reason) => relay.cut(reason));
  if (call.awaitsContinue) answer.writeContinue();
  try {
    prepared.send(upstreamRequest(call, relay), relay);
  } catch (error) {
    throw upstreamFailure(error, call.connection);
  }
  return relay.ended.catch((error: unknown) => {
    if (codeOf(error) === 'upstream_credential_refused') upstream.refused(identity);
    throw error;
  });
};

const clientGone: CallOutcome = {
  outcome: 'client_gone',
  statusCode: 0,
  requestBytes: 0,
  responseBytes: 0,
};

function relayOf({ answer, connection, commandId, kube, filter }: Tracked): Relay {
  const watch = kube.kind === 'resource' && kube.verb === 'watch';
  return new Relay({
    answer,
    connection,
    commandId,
    longRunning: isLongRunning(kube),
    watch,
    transform: filter?.transform,
  });
}

function upstreamRequest({ request, kube, commandId, filter }: Tracked, relay: Relay) {
  const longRunning = isLongRunning(kube);
  const plain = longRunning || filter !== undefined;
  const ours = { 'audit-id': commandId, ...(filter && { accept: filter.accept }) };
  const body = request.announced;
  const length = body?.length === undefined ? {} : { 'content-length': String(body.length) };
  return {
    method: kube.method,
    target: filter?.target ?? kube.target,
    headers: {
      ...upstreamRequestHeaders(request.rawHeaders, ours, plain),
      ...length,
    },
    body: body === undefined ? null : requestBody(request.body, (bytes) => relay.sent(bytes)),
    longRunning,
  };
}
