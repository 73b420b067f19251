import type { Negotiated } from '../chain/negotiate-channel.js';
import { CallRefused } from '../domain/call-refused.js';
import type { ClusterAnswer } from './ask-cluster.js';
import { ClusterRefused } from './cluster-refused.js';

/** What becomes of a call whose dry-run the cluster did not take: the client gets its answer, but no value in it. */
export function clusterRefusal(call: Negotiated, answer: ClusterAnswer): Error {
  const { statusCode, contentType, body } = answer;
  if (statusCode >= 500) return notAnswered(call.connection);
  const transform = call.mask.transform({ statusCode, contentType, contentEncoding: '' });
  const masked =
    transform === undefined ? body : Buffer.concat([...transform.push(body), ...transform.end()]);
  return new ClusterRefused({ statusCode, contentType, body: masked });
}

export const notAnswered = (connection: string) =>
  new CallRefused(
    'upstream_failed',
    `the cluster of ${connection} could not say what would come of the call`,
  );
