import { equal, objectAt, type JsonObject, withAt } from '../json.js';
import { controlledBy, controllerOf, type KubeObject, withMetadata } from '../kube-object.js';
import { matchesLabels, selectorRequirements } from '../registry/label-selector.js';
import { createObject } from '../registry/create-object.js';
import { controllerWrites } from '../registry/write-options.js';
import { replicaSets } from '../resources/workloads.js';
import type { ControllerContext } from './controller.js';
import { readinessAnnotation, faultRevisionAnnotation } from './readiness-fault.js';
import { templateHash, templateHashLabel } from './template-hash.js';
import { writeObject } from './workload-writes.js';

/** The annotation that numbers the versions of a Deployment's template. */
export const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** The revision number of a Deployment or ReplicaSet, 0 if it has none yet. */
export function revisionOf(object: KubeObject): number {
  return Number(object.metadata.annotations?.[revisionAnnotation] ?? '0');
}

/** The ReplicaSets of a Deployment, oldest first; ones without an owner that match are adopted. */
export function replicaSetsOf(
  context: ControllerContext,
  deployment: KubeObject,
): readonly KubeObject[] {
  const { namespace, uid } = deployment.metadata;
  const selector = selectorRequirements(objectAt(deployment, 'spec', 'selector'));
  return context.store
    .list(replicaSets, namespace)
    .flatMap((set) => {
      const owner = controllerOf(set);
      if (owner !== undefined) return owner.uid === uid ? [set] : [];
      if (set.metadata.deletionTimestamp !== undefined) return [];
      if (!matchesLabels(selector, set.metadata.labels)) return [];
      return [adopt(context, deployment, set)];
    })
    .toSorted((a, b) => revisionOf(a) - revisionOf(b));
}

function adopt(context: ControllerContext, deployment: KubeObject, set: KubeObject): KubeObject {
  const ownerReferences = [...(set.metadata.ownerReferences ?? []), controlledBy(deployment)];
  return writeObject(context, {
    type: replicaSets,
    object: withMetadata(set, { ownerReferences }),
  });
}

/** The template without the hash label that the controller adds to it. */
function plainTemplate(template: JsonObject): JsonObject {
  const labels = objectAt(template, 'metadata', 'labels');
  return withAt(template, ['metadata', 'labels'], { ...labels, [templateHashLabel]: undefined });
}

/** The ReplicaSet of the present template, if there is one. */
export function currentReplicaSet(
  deployment: KubeObject,
  sets: readonly KubeObject[],
): KubeObject | undefined {
  const template = plainTemplate(objectAt(deployment, 'spec', 'template'));
  return sets.find((set) => equal(plainTemplate(objectAt(set, 'spec', 'template')), template));
}

/** Creates the ReplicaSet of a Deployment's present template, with no pods yet. */
export function createReplicaSet(
  context: ControllerContext,
  deployment: KubeObject,
  annotations: Readonly<Record<string, string>>,
): KubeObject {
  const template = objectAt(deployment, 'spec', 'template');
  const hash = templateHash(template);
  const labels = { ...objectAt(template, 'metadata', 'labels'), [templateHashLabel]: hash };
  const selector = objectAt(deployment, 'spec', 'selector');
  const matchLabels = { ...objectAt(selector, 'matchLabels'), [templateHashLabel]: hash };
  const { namespace, name } = deployment.metadata;
  return createObject(context, {
    type: replicaSets,
    namespace,
    body: {
      metadata: {
        name: `${name}-${hash}`,
        labels,
        annotations,
        ownerReferences: [controlledBy(deployment)],
      },
      spec: {
        replicas: 0,
        minReadySeconds: objectAt(deployment, 'spec')['minReadySeconds'],
        selector: { ...selector, matchLabels },
        template: withAt(template, ['metadata', 'labels'], labels),
      },
    },
    options: controllerWrites('kube-controller-manager'),
  });
}

const notCopied = [
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  readinessAnnotation,
  faultRevisionAnnotation,
];

/** The annotations a ReplicaSet takes over from its Deployment, such as `kubernetes.io/change-cause`. */
export function inheritedAnnotations(deployment: KubeObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(
      ([name]) => !notCopied.includes(name),
    ),
  );
}
