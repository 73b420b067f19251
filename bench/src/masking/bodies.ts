import { createHash } from 'node:crypto';

export type BodyName = 'secrets' | 'pods' | 'log';

const CHUNK_BYTES = 65_536;
/** Different items; then they come again, so that a body of any size needs no memory. */
const ITEMS = 1_000;
const HEAD = '{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":[';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Bytes that look drawn by chance and are the same in every run. */
function noise(seed: string, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let size = 0; size < length; size += 32) {
    parts.push(createHash('sha256').update(`${seed} ${size}`).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}

const metadata = (name: string, index: number) => ({
  name: `${name}-${index}`,
  namespace: `team-${index % 20}`,
  uid: `0d2b6c1e-6ddc-4b5a-9f0e-${String(index).padStart(12, '0')}`,
  resourceVersion: String(1_000 + index),
  creationTimestamp: '2026-11-01T08:00:00Z',
  labels: { app: name, 'pod-template-hash': '7d4b9c5f6d' },
});

/** As in clusters: credentials, some of them applied with kubectl, certificates, one release of Helm in twenty. */
function secret(index: number): object {
  const base64 = (length: number) => noise(`secret ${index}`, length).toString('base64');
  const data =
    index % 20 === 0
      ? { release: base64(18_000) }
      : index % 3 === 0
        ? { 'tls.crt': base64(1_700), 'tls.key': base64(1_200), 'ca.crt': base64(1_000) }
        : { username: base64(9), password: base64(24), url: base64(90), config: base64(1_400) };
  const applied = {
    [LAST_APPLIED]: JSON.stringify({ kind: 'Secret', data: { password: base64(24) } }),
  };
  const keys = Object.fromEntries(Object.keys(data).map((key) => [`f:${key}`, {}]));
  return {
    metadata: {
      ...metadata('secret', index),
      ...(index % 4 === 0 ? { annotations: applied } : {}),
      managedFields: [
        {
          manager: 'kubectl',
          operation: 'Update',
          apiVersion: 'v1',
          fieldsV1: { 'f:data': keys, 'f:type': {} },
        },
      ],
    },
    data,
    type: index % 20 === 0 ? 'helm.sh/release.v1' : 'Opaque',
  };
}

function pod(index: number): object {
  const env = [
    { name: 'DB_PASSWORD', value: noise(`pod ${index}`, 12).toString('hex') },
    {
      name: 'DATABASE_URL',
      value: `postgres://app:${noise(`url ${index}`, 6).toString('hex')}@db:5432/app`,
    },
    ...Array.from({ length: 8 }, (_, each) => ({
      name: `SETTING_${each}`,
      value: `value-${each}`,
    })),
    { name: 'NODE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } },
  ];
  const container = {
    name: 'app',
    image: 'registry.corp.test/checkout:1.42.0',
    command: ['/bin/checkout'],
    args: ['--listen=:8080', '--log-level=info'],
    env,
    ports: [{ containerPort: 8080, protocol: 'TCP' }],
    resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m', memory: '256Mi' } },
    volumeMounts: [{ name: 'config', mountPath: '/etc/app', readOnly: true }],
    imagePullPolicy: 'IfNotPresent',
  };
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: '2026-11-01T08:00:00Z',
  }));
  return {
    metadata: {
      ...metadata('checkout', index),
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'checkout', controller: true },
      ],
      managedFields: [
        {
          manager: 'kube-controller-manager',
          fieldsV1: {
            'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:image': {}, 'f:env': {} } } },
          },
        },
      ],
    },
    spec: { containers: [container], nodeName: `node-${index % 9}`, restartPolicy: 'Always' },
    status: { phase: 'Running', conditions, hostIP: '10.0.0.7', podIP: `10.1.${index % 200}.7` },
  };
}

/** Lines of a service; one in two hundred says too much. */
function logLine(index: number): string {
  const time = `2026-11-22T07:37:${String(index % 60).padStart(2, '0')}.${String(index % 1_000).padStart(3, '0')}Z`;
  const id = noise(`line ${index}`, 8).toString('hex');
  if (index % 200 === 0) return `${time} ERROR dial postgres://app:${id}@db:5432/app: timeout\n`;
  const request = `method=GET path=/api/v1/namespaces/team-${index % 20}/orders/${index} status=200`;
  return `${time} INFO request handled ${request} duration=${index % 90}ms remote=10.1.${index % 200}.9:48122 trace=${id}\n`;
}

/** Bodies of one kind, of any size, from the same items again and again. */
export class Bodies {
  readonly #block: Buffer;

  constructor(private readonly name: BodyName) {
    const item = (index: number) =>
      name === 'log'
        ? logLine(index)
        : `${JSON.stringify(name === 'secrets' ? secret(index) : pod(index))},`;
    this.#block = Buffer.from(Array.from({ length: ITEMS }, (_, index) => item(index)).join(''));
  }

  /** A body in chunks, about as large as it is told. */
  *of(bytes: number): Generator<Uint8Array> {
    const block = this.#block;
    if (this.name !== 'log') yield Buffer.from(HEAD);
    for (let sent = 0; sent < bytes; sent += block.length) {
      for (let at = 0; at < block.length; at += CHUNK_BYTES) {
        yield block.subarray(at, at + CHUNK_BYTES);
      }
    }
    if (this.name !== 'log') yield Buffer.from('{}]}');
  }
}
