import type { HeldCall } from '@drawbridge/contracts';
import { accessAttributes, opensChannel } from '../domain/access-attributes.js';
import type { KubeRequest } from '../domain/kube-request.js';
import { formatKubeQuery, parseKubeQuery } from '../domain/kube-query.js';
import type { Guarded } from '../chain/guard-call.js';
import type { EffectMasker } from './masked-json.js';

/**
 * The canonical call that humans decide about. Values in its path and query give way to their placeholders, which
 * are as different from each other as the values are: what is kept for ever and shown holds no secret.
 *
 * @param version - state of the object that it would change
 */
export function heldCallOf(call: Guarded, masker: EffectMasker, version: string): HeldCall {
  const { guard, grant, agent, connection } = call;
  return {
    connection,
    grantId: grant.grantId,
    agent: { issuer: agent.issuer, subject: agent.subject },
    policyVersion: guard.policyVersion,
    rule: guard.decidedBy?.rule ?? '',
    ...targetOf(call.kube, masker),
    ...attributesOf(call.kube),
    ...bodyOf(call, masker),
    resourceVersion: version,
  };
}

function targetOf(kube: KubeRequest, masker: EffectMasker) {
  const [path = '', query = ''] = kube.target.split(/\?(.*)/s, 2);
  // Clients open the same channel by GET or POST, and try one after the other.
  const method = kube.kind === 'resource' && opensChannel(kube) ? 'POST' : kube.method;
  return { method, path: masker.line(path), query: maskedQuery(query, masker) };
}

function attributesOf(kube: KubeRequest) {
  if (kube.kind === 'nonResource') return { ...noResource, verb: kube.verb };
  const { verb, apiGroup, resource, subresource, namespace, name } = accessAttributes(kube);
  return { verb, apiGroup, resource, subresource, namespace, name };
}

const noResource = { apiGroup: '', resource: '', subresource: '', namespace: '', name: '' };

function bodyOf({ body, request }: Guarded, masker: EffectMasker) {
  if (body.kind !== 'held') return { contentType: '', bodySha256: '' };
  const contentType = request.headers.value('content-type') ?? '';
  return { contentType, bodySha256: masker.digest(body.bytes) };
}

function maskedQuery(query: string, masker: EffectMasker): string {
  const pairs = parseKubeQuery(query).map(([key, value]) => [key, masker.line(value)] as const);
  return formatKubeQuery(pairs).slice(1);
}
