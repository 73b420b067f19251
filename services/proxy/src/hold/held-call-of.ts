import type { HeldCall } from '@drawbridge/contracts';
import { bodySha256 } from '@drawbridge/holds';
import { accessAttributes } from '../domain/access-attributes.js';
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
  const { guard, kube, grant, agent, connection, body, request } = call;
  const [path = '', query = ''] = kube.target.split(/\?(.*)/s, 2);
  const attributes = kube.kind === 'resource' ? accessAttributes(kube) : undefined;
  return {
    connection,
    grantId: grant.grantId,
    agent: { issuer: agent.issuer, subject: agent.subject },
    policyVersion: guard.policyVersion,
    rule: guard.decidedBy?.rule ?? '',
    method: kube.method,
    path: masker.line(path),
    query: maskedQuery(query, masker),
    verb: attributes?.verb ?? kube.verb,
    apiGroup: attributes?.apiGroup ?? '',
    resource: attributes?.resource ?? '',
    subresource: attributes?.subresource ?? '',
    namespace: attributes?.namespace ?? '',
    name: attributes?.name ?? '',
    contentType: body.kind === 'none' ? '' : (request.headers.value('content-type') ?? ''),
    bodySha256: body.kind === 'held' ? bodySha256(body.bytes) : '',
    resourceVersion: version,
  };
}

function maskedQuery(query: string, masker: EffectMasker): string {
  const pairs = parseKubeQuery(query).map(([key, value]) => [key, masker.line(value)] as const);
  return formatKubeQuery(pairs).slice(1);
}
