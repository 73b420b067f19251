import type { CommandRecord } from '@drawbridge/contracts';
import { hasTokenInQuery } from '@drawbridge/token';
import type { CallOutcome } from '../domain/call-outcome.js';
import type { KubeRequest } from '../domain/kube-request.js';
import { headerValue } from '../domain/request-head.js';
import type { Allowed } from './authorize-call.js';
import type { Exchange } from './exchange.js';

const MAX_PATH = 2_048;
const MAX_USER_AGENT = 256;
/** A record must always fit into one message of the bus, whatever an agent puts into its call. */
const MAX_MESSAGE = 8_192;

type Started = CommandRecord & { type: 'CommandStarted' };
type Refused = CommandRecord & { type: 'CommandRefused' };
type Ended = CommandRecord & { type: 'CommandEnded' };

export function startedRecord(call: Allowed): Started {
  const { reason, message } = call.decision;
  const decision = { effect: 'allow' as const, reason, message };
  return { type: 'CommandStarted', ...callFields(call, call.connection), decision };
}

export function refusedRecord(
  exchange: Exchange,
  connection: string,
  refusal: { readonly code: string; readonly message: string; readonly statusCode: number },
): Refused {
  const { code: reason, statusCode } = refusal;
  const message = refusal.message.slice(0, MAX_MESSAGE);
  const decision = { effect: 'deny' as const, reason, message };
  return { type: 'CommandRefused', ...callFields(exchange, connection), decision, statusCode };
}

export function endedRecord(call: Allowed, outcome: CallOutcome, at: Date): Ended {
  return {
    type: 'CommandEnded',
    commandId: call.commandId,
    connection: call.connection,
    grantId: call.grant.grantId,
    at: at.toISOString(),
    ...outcome,
    durationMs: Math.max(0, at.getTime() - call.receivedAt.getTime()),
  };
}

function callFields(exchange: Exchange, connection: string) {
  const { commandId, receivedAt, request, facts } = exchange;
  const { agent, grant } = facts;
  return {
    commandId,
    connection,
    at: receivedAt.toISOString(),
    ...(agent !== undefined && { agent }),
    ...(grant !== undefined && {
      grantId: grant.grantId,
      accessRequestId: grant.accessRequestId,
    }),
    method: request.method,
    ...targetFields(exchange),
    ...attributeFields(facts.kube),
    clientAddress: request.remoteAddress,
    userAgent: (headerValue(request.rawHeaders, 'user-agent') ?? '').slice(0, MAX_USER_AGENT),
  };
}

/** What was judged and forwarded; of a call that was never understood, what came. Never a token. */
function targetFields({ request, facts }: Exchange) {
  const received = request.target.replace(/^\/connections\/[^/?]*/, '');
  const target = facts.kube?.target ?? received;
  const [path = '', ...rest] = target.split('?');
  const query = hasTokenInQuery(target) ? '' : rest.join('?');
  return { path: path.slice(0, MAX_PATH), query: query.slice(0, MAX_PATH) };
}

function attributeFields(kube: KubeRequest | undefined) {
  if (kube?.kind === 'resource') {
    const { verb, apiGroup, apiVersion, resource, subresource, namespace, name } = kube;
    return { verb, apiGroup, apiVersion, resource, subresource, namespace, name };
  }
  const none = { apiGroup: '', apiVersion: '', resource: '', subresource: '' };
  return { verb: kube?.verb ?? '', ...none, namespace: '', name: '' };
}
