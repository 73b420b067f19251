/** A resource that every Kubernetes cluster serves. */
export interface BuiltinResource {
  readonly apiGroup: string;
  readonly singular: string;
}

const singularsByGroup: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    configmaps: 'config map',
    endpoints: 'endpoints',
    events: 'event',
    limitranges: 'limit range',
    namespaces: 'namespace',
    nodes: 'node',
    persistentvolumeclaims: 'persistent volume claim',
    persistentvolumes: 'persistent volume',
    pods: 'pod',
    podtemplates: 'pod template',
    replicationcontrollers: 'replication controller',
    resourcequotas: 'resource quota',
    secrets: 'secret',
    serviceaccounts: 'service account',
    services: 'service',
  },
  apps: {
    controllerrevisions: 'controller revision',
    daemonsets: 'daemon set',
    deployments: 'deployment',
    replicasets: 'replica set',
    statefulsets: 'stateful set',
  },
  autoscaling: { horizontalpodautoscalers: 'horizontal pod autoscaler' },
  batch: { cronjobs: 'cron job', jobs: 'job' },
  'networking.k8s.io': {
    ingressclasses: 'ingress class',
    ingresses: 'ingress',
    networkpolicies: 'network policy',
  },
  policy: { poddisruptionbudgets: 'pod disruption budget' },
  'rbac.authorization.k8s.io': {
    clusterrolebindings: 'cluster role binding',
    clusterroles: 'cluster role',
    rolebindings: 'role binding',
    roles: 'role',
  },
  'storage.k8s.io': { storageclasses: 'storage class', volumeattachments: 'volume attachment' },
  'discovery.k8s.io': { endpointslices: 'endpoint slice' },
  'apiextensions.k8s.io': { customresourcedefinitions: 'custom resource definition' },
  'certificates.k8s.io': { certificatesigningrequests: 'certificate signing request' },
  'coordination.k8s.io': { leases: 'lease' },
};

const byName: ReadonlyMap<string, BuiltinResource> = new Map(
  Object.entries(singularsByGroup).flatMap(([apiGroup, resources]) =>
    Object.entries(resources).map(([name, singular]) => [name, { apiGroup, singular }] as const),
  ),
);

/** The API group in which a resource is usually meant and its singular; `undefined` when it is not built in. */
export function builtinResource(name: string): BuiltinResource | undefined {
  return byName.get(name);
}
