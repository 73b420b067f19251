import { gzipSync } from 'node:zlib';
import type { Canaries } from './canary.js';

export const NAMESPACE = 'leaks';
const ROLE = 'rbac.authorization.k8s.io';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly [field: string]: unknown;
}

/** @default 'planted' for the name */
type ObjectFields = Readonly<Record<string, unknown>> & { readonly name?: string };

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');

/** A release as Helm keeps it: JSON, packed, and in base64 once more. */
const release = (value: string): string =>
  base64(gzipSync(JSON.stringify({ name: 'shop', config: { dbPass: value }, manifest: '' })));

/** Makes one object of a type, with a canary in its annotations. */
class Planter {
  constructor(readonly canaries: Canaries) {}

  object(kind: string, apiVersion: string, more: ObjectFields): Manifest {
    const { name = 'planted', ...fields } = more;
    const annotations = {
      'example.com/upstream': this.canaries.url(`annotation of ${kind} ${name}`),
    };
    return { apiVersion, kind, metadata: { name, annotations }, ...fields };
  }

  podTemplate(kind: string) {
    const metadata = { labels: { app: kind.toLowerCase() } };
    return { metadata, spec: this.podSpec(kind) };
  }

  podSpec(kind: string) {
    const { canaries } = this;
    const container = {
      name: 'web',
      image: 'registry.test/web:1',
      command: ['serve', '--password', canaries.word(`command of ${kind}`)],
      args: [
        `--api-key=${canaries.word(`argument of ${kind}`)}`,
        `--proxy=${canaries.url(`argument of ${kind}`)}`,
      ],
      env: [
        { name: 'DB_PASSWORD', value: canaries.word(`variable of ${kind}`) },
        { name: 'UPSTREAM', value: canaries.url(`variable of ${kind}`) },
        { name: 'SEED', value: canaries.token(`variable of ${kind}`) },
      ],
      livenessProbe: {
        httpGet: {
          path: '/',
          port: 8080,
          httpHeaders: [
            { name: 'Authorization', value: `Bearer ${canaries.token(`probe of ${kind}`)}` },
          ],
        },
      },
    };
    return { containers: [container] };
  }
}

function secrets(planter: Planter): Manifest[] {
  const { canaries } = planter;
  const secret = (name: string, more: object) => planter.object('Secret', 'v1', { name, ...more });
  const registry = { auths: { 'registry.test': { auth: canaries.word('docker configuration') } } };
  return [
    secret('planted', {
      data: { plain: base64(canaries.word('secret data')), text: base64(canaries.text('secret')) },
      stringData: { written: canaries.word('secret stringData') },
    }),
    secret('basic', {
      type: 'kubernetes.io/basic-auth',
      stringData: { username: 'app', password: canaries.word('basic-auth secret') },
    }),
    secret('tls', {
      type: 'kubernetes.io/tls',
      stringData: {
        'tls.crt': canaries.word('tls secret'),
        'tls.key': canaries.privateKey('tls secret'),
      },
    }),
    secret('registry', {
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify(registry) },
    }),
    secret('sh.helm.release.v1.shop.v1', {
      type: 'helm.sh/release.v1',
      data: { release: base64(release(canaries.word('Helm secret'))) },
    }),
  ];
}

function configuration(planter: Planter): Manifest[] {
  const { canaries } = planter;
  const kubeconfig = {
    kind: 'Config',
    users: [{ name: 'admin', user: { token: canaries.token('kubeconfig') } }],
  };
  return [
    planter.object('ConfigMap', 'v1', {
      data: {
        password: canaries.word('configmap key'),
        'app.properties': canaries.text('configmap value'),
        line: canaries.label('configmap line'),
        'config.json': JSON.stringify({ db: { password: canaries.word('configmap document') } }),
        kubeconfig: JSON.stringify(kubeconfig),
        'id.pem': canaries.privateKey('configmap value'),
      },
      binaryData: {
        api_token: base64(canaries.word('configmap binary key')),
        blob: base64(canaries.text('configmap binary value')),
      },
    }),
    planter.object('ConfigMap', 'v1', {
      name: 'shop.v1',
      data: { release: release(canaries.word('Helm configmap')) },
    }),
  ];
}

function workloads(planter: Planter): Manifest[] {
  const set = (kind: string, more: object = {}) => ({
    spec: {
      selector: { matchLabels: { app: kind.toLowerCase() } },
      template: planter.podTemplate(kind),
      ...more,
    },
  });
  const job = (kind: string) => {
    const { metadata, spec } = planter.podTemplate(kind);
    return { template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } };
  };
  return [
    planter.object('Pod', 'v1', { spec: planter.podSpec('Pod') }),
    planter.object('PodTemplate', 'v1', { template: planter.podTemplate('PodTemplate') }),
    planter.object('ReplicationController', 'v1', {
      spec: {
        replicas: 0,
        selector: { app: 'replicationcontroller' },
        template: planter.podTemplate('ReplicationController'),
      },
    }),
    planter.object('Deployment', 'apps/v1', set('Deployment', { replicas: 1 })),
    planter.object('StatefulSet', 'apps/v1', set('StatefulSet', { serviceName: 'planted' })),
    planter.object('DaemonSet', 'apps/v1', set('DaemonSet')),
    planter.object('Job', 'batch/v1', { spec: job('Job') }),
    planter.object('CronJob', 'batch/v1', {
      spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: job('CronJob') } },
    }),
  ];
}

function others(planter: Planter): Manifest[] {
  const { canaries } = planter;
  const regarding = { kind: 'Pod', namespace: NAMESPACE, name: 'planted' };
  const event = { reason: 'Failed', type: 'Warning', message: canaries.text('event') };
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
  return [
    planter.object('Event', 'v1', { involvedObject: regarding, ...event }),
    planter.object('ServiceAccount', 'v1', {}),
    planter.object('Service', 'v1', { spec: { ports: [{ port: 80 }] } }),
    planter.object('Endpoints', 'v1', { subsets: [] }),
    planter.object('PersistentVolumeClaim', 'v1', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
    planter.object('Lease', 'coordination.k8s.io/v1', { spec: { holderIdentity: 'me' } }),
    planter.object('Ingress', 'networking.k8s.io/v1', {
      spec: { defaultBackend: { service: { name: 'planted', port: { number: 80 } } } },
    }),
    planter.object('Role', `${ROLE}/v1`, { rules: [rule] }),
    planter.object('RoleBinding', `${ROLE}/v1`, {
      roleRef: { apiGroup: ROLE, kind: 'Role', name: 'planted' },
      subjects: [{ kind: 'ServiceAccount', name: 'planted', namespace: NAMESPACE }],
    }),
    planter.object('Widget', 'leaks.test/v1', {
      spec: {
        password: canaries.word('field of a type of its own'),
        notes: canaries.text('text of a type of its own'),
        deep: { list: [{ clientSecret: canaries.word('deep in a type of its own') }] },
        encoded: base64(canaries.text('base64 of a type of its own')),
      },
    }),
  ];
}

/** Types of the whole cluster. */
function clusterWide(planter: Planter): Manifest[] {
  const { canaries } = planter;
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
  return [
    planter.object('ClusterRole', `${ROLE}/v1`, { rules: [rule] }),
    planter.object('StorageClass', 'storage.k8s.io/v1', {
      provisioner: 'disks.test',
      parameters: { password: canaries.word('parameter of a storage class') },
    }),
    planter.object('PersistentVolume', 'v1', {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'planted',
        csi: {
          driver: 'disks.test',
          volumeHandle: 'one',
          volumeAttributes: { password: canaries.word('attribute of a volume') },
        },
      },
    }),
    planter.object('PriorityClass', 'scheduling.k8s.io/v1', { value: 1 }),
  ];
}

/** Everything that is planted by applying it, so that each has what was applied last in an annotation. */
export function plantedObjects(canaries: Canaries): readonly Manifest[] {
  const planter = new Planter(canaries);
  return [
    ...secrets(planter),
    ...configuration(planter),
    ...workloads(planter),
    ...others(planter),
    ...clusterWide(planter),
  ];
}

/** A type whose objects can hold anything, and whose definition tells something too. */
export function widgetDefinition(canaries: Canaries): Manifest {
  const planter = new Planter(canaries);
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    ...planter.object('CustomResourceDefinition', 'apiextensions.k8s.io/v1', {
      name: 'widgets.leaks.test',
      spec: {
        group: 'leaks.test',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                description: canaries.text('description in a schema'),
                properties: { spec: anything },
              },
            },
            additionalPrinterColumns: [
              { name: 'Notes', type: 'string', jsonPath: '.spec.notes' },
              { name: 'Password', type: 'string', jsonPath: '.spec.password' },
            ],
          },
        ],
      },
    }),
  };
}

/** Says what it saw: in a warning, and in a refusal. */
export function talkativePolicies(): readonly Manifest[] {
  const policy = (name: string, action: 'Deny' | 'Warn') => [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['configmaps'],
            },
          ],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } },
        },
        matchConditions: [
          {
            name: 'asked',
            expression: `has(object.metadata.labels) && '${name}' in object.metadata.labels`,
          },
        ],
        validations: [{ expression: 'false', messageExpression: `'it says ' + object.data.line` }],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: [action] },
    },
  ];
  return [...policy('refused', 'Deny'), ...policy('warned', 'Warn')];
}
