import type { BodyFacts } from '@drawbridge/guardrails';
import type { Negotiated } from '../chain/negotiate-channel.js';
import { goesThroughProxy, opensChannel } from '../domain/access-attributes.js';
import { formatKubeQuery, queryValue } from '../domain/kube-query.js';
import type { ResourceRequest } from '../domain/kube-request.js';
import type { IdentityModes } from '../identity-modes/identity-modes.js';
import { clusterOf } from '../hold/cluster-question.js';
import { hasDryRun } from '../hold/dry-run.js';
import { honoursDryRun } from '../hold/served-here.js';
import { askCluster, type ClusterAnswer } from './ask-cluster.js';
import type { FindFacts, RequestBody } from './call-guard.js';
import { isJson, queryOf } from './call-under-guard.js';
import { clusterRefusal, notAnswered } from './cluster-refusal.js';
import { readJson } from './read-json.js';

/**
 * Finds out what rules look at: the object as it will be, from the body or from a server-side dry-run of the call,
 * and the object as it is. What cannot be found is left out, and counts against the call.
 */
export const findFacts =
  (identities: Pick<IdentityModes, 'assume'>): FindFacts =>
  async (call, body, facts) => {
    const { kube } = call;
    if (kube.kind !== 'resource') return {};
    const [object, oldObject] = await Promise.all([
      facts.has('object') ? newObject({ call, kube, body, identities }) : undefined,
      facts.has('oldObject') ? objectNow({ call, kube, body, identities }) : undefined,
    ]);
    const found: { -readonly [Fact in keyof BodyFacts]: BodyFacts[Fact] } = {};
    if (object !== undefined) found.object = object;
    if (oldObject !== undefined) found.oldObject = oldObject;
    return found;
  };

interface Sought {
  readonly call: Negotiated;
  readonly kube: ResourceRequest;
  readonly body: RequestBody;
  readonly identities: Pick<IdentityModes, 'assume'>;
}

/**
 * What is sent whole and can be read in one way only is read here. A patch, YAML, protobuf and CBOR the cluster
 * reads for us: nobody reads them as it does.
 */
async function newObject({ call, kube, body, identities }: Sought): Promise<unknown> {
  if (body.kind !== 'held') return null;
  if (kube.verb !== 'patch' && isJson(call)) {
    const read = readJson(body.bytes);
    if (read !== undefined) return read;
  }
  if (!hasDryRun(kube)) return undefined;
  const ask = clusterOf(call, identities);
  // Another server than the API server itself might do what it is asked to try.
  if (!(await honoursDryRun(ask, kube))) return undefined;
  const query = queryOf(kube);
  const asDryRun = queryValue(query, 'dryRun') === undefined ? [['dryRun', 'All'] as const] : [];
  const answer = await askCluster(call, identities, {
    method: kube.method,
    target: `${pathOf(kube)}${formatKubeQuery([...query, ...asDryRun])}`,
    body: body.bytes,
  });
  if (answer.statusCode >= 400) throw clusterRefusal(call, answer);
  return readAnswer(answer);
}

/** @returns `null` when there is no such object, `undefined` when that cannot be found out */
async function objectNow({ call, kube, identities }: Sought): Promise<unknown> {
  if (kube.name === '' || kube.parts.length < 2 || kube.verbInPath) return undefined;
  // To look there is a call of what stands behind it.
  if (goesThroughProxy(kube)) return undefined;
  const target = targetOfObject(kube);
  const answer = await askCluster(call, identities, { method: 'GET', target });
  if (answer.statusCode === 200) return readAnswer(answer);
  if (answer.statusCode >= 500) throw notAnswered(call.connection);
  const isMissing = answer.statusCode === 404 && (kube.subresource === '' || opensChannel(kube));
  return isMissing ? null : undefined;
}

/** The object that a call is about; of a channel the pod. */
function targetOfObject(kube: ResourceRequest): string {
  const path = pathOf(kube);
  return opensChannel(kube) ? path.slice(0, path.lastIndexOf('/')) : path;
}

const pathOf = ({ target }: ResourceRequest): string => target.replace(/\?.*$/s, '');

function readAnswer({ contentType, body }: ClusterAnswer): unknown {
  const [type = ''] = contentType.split(';', 1);
  return type.trim().toLowerCase() === 'application/json' ? readJson(body) : undefined;
}
