import { uuidV7 } from '@drawbridge/runtime';
import { CallRefused } from '../domain/call-refused.js';
import { gatewayIdentity } from '../identity-modes/gateway-identity.js';
import { collectAnswer } from '../upstream/collect-answer.js';
import type { Upstream } from '../upstream/upstream.js';

/** One page of a list; a longer one is asked for in smaller pages. */
const MAX_BYTES = 1024 * 1024;

/** Asks a cluster something that changes nothing. @throws CallRefused and whatever keeps an answer from coming */
export type AskCluster = (
  target: string,
  accept: string,
) => Promise<{ readonly statusCode: number; readonly body: Buffer }>;

/**
 * Asks a cluster as the gateway itself, until the time is over.
 *
 * @param endsAtMs - by `performance.now()`
 */
export function askAsGateway(upstream: Pick<Upstream, 'prepare'>, endsAtMs: number): AskCluster {
  return async (target, accept) => {
    const answerMs = endsAtMs - performance.now();
    if (answerMs <= 0) throw tooLate();
    const commandId = uuidV7(new Date());
    const prepared = await upstream.prepare({ ...gatewayIdentity, commandId });
    const headers = ['accept', accept, 'accept-encoding', 'identity', 'user-agent', 'drawbridge'];
    const request = { method: 'GET', target, headers, body: null, longRunning: false } as const;
    return collectAnswer(
      prepared,
      { ...request, readOnly: true },
      { answerMs, maxBytes: MAX_BYTES },
    );
  };
}

const tooLate = () => new CallRefused('upstream_timeout', 'the cluster did not answer in time');
