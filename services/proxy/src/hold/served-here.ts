import { jsonAt } from './json-at.js';
import type { AskCluster } from './cluster-question.js';

/** Groups that every API server serves itself. */
const ownGroups = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/**
 * Whether a dry-run of this group can be relied on: the API server itself serves it, custom resources among it.
 * An aggregated server may not know `dryRun`, and do what it was asked for.
 */
export async function honoursDryRun(
  ask: AskCluster,
  { apiGroup, apiVersion }: { apiGroup: string; apiVersion: string },
): Promise<boolean> {
  if (ownGroups.has(apiGroup)) return true;
  const name = encodeURIComponent(`${apiVersion}.${apiGroup}`);
  const { statusCode, body } = await ask({
    method: 'GET',
    target: `/apis/apiregistration.k8s.io/v1/apiservices/${name}`,
  });
  if (statusCode !== 200) return false;
  const service: unknown = JSON.parse(body.toString('utf8'));
  const served = jsonAt(service, 'spec', 'service');
  return jsonAt(service, 'kind') === 'APIService' && (served === undefined || served === null);
}
