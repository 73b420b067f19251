import { describe, expect, it } from 'vitest';
import { MaskKeys } from './mask-keys.js';
import { Masker } from './masker.js';
import type { MaskTarget } from './mask-rules.js';
import type { TextPattern } from './text-pattern.js';

const CANARY = 'ghp_cAnary0hunter1Zx9Kq2Wv8Ym3Tb7Ls4Rd6Jf';
const keys = new MaskKeys(Buffer.alloc(32, 7));
const json = { contentType: 'application/json', contentEncoding: '', isStream: false };
const pods: MaskTarget = { apiGroup: '', resource: 'pods', subresource: '' };
const plain = new Masker({ keys });

function masked(target: MaskTarget, body: unknown, masker = plain): string {
  const mask = masker.body(target, json);
  const out = mask.push(Buffer.from(JSON.stringify(body)));
  return Buffer.concat([...out, ...mask.end()]).toString();
}

/** Paths at which a canary is still seen. */
function shown(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return value.includes(CANARY) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((each) => shown(each, `${path}[]`));
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
    shown(each, path === '' ? key : `${path}.${key}`),
  );
}

/** A canary in every field, where no cluster would take it too. */
const metadata = Object.fromEntries(
  ['name', 'generateName', 'namespace', 'creationTimestamp', 'selfLink', 'own'].map((name) => [
    name,
    CANARY,
  ]),
);
const container = {
  name: CANARY,
  image: CANARY,
  command: [CANARY],
  args: [CANARY],
  workingDir: CANARY,
  env: [
    { name: CANARY, value: CANARY, valueFrom: { secretKeyRef: { name: CANARY, key: CANARY } } },
  ],
  ports: [{ name: CANARY, hostIP: CANARY, protocol: CANARY }],
  resources: { limits: { cpu: CANARY }, requests: { cpu: CANARY }, own: CANARY },
  volumeMounts: [{ name: CANARY, mountPath: CANARY, subPath: CANARY }],
  livenessProbe: {
    exec: { command: [CANARY] },
    httpGet: { path: CANARY, host: CANARY, httpHeaders: [{ name: CANARY, value: CANARY }] },
  },
  lifecycle: { preStop: { exec: { command: [CANARY] } } },
  securityContext: { seLinuxOptions: { level: CANARY } },
  imagePullPolicy: CANARY,
  own: CANARY,
};
const pod = {
  apiVersion: CANARY,
  kind: CANARY,
  metadata: {
    ...metadata,
    labels: { a: CANARY },
    annotations: { a: CANARY },
    finalizers: [CANARY],
    ownerReferences: [{ name: CANARY, kind: CANARY, uid: CANARY }],
  },
  spec: {
    nodeName: CANARY,
    schedulerName: CANARY,
    containers: [container],
    initContainers: [container],
    ephemeralContainers: [container],
    volumes: [
      { name: CANARY, csi: { volumeAttributes: { a: CANARY } }, hostPath: { path: CANARY } },
    ],
    tolerations: [{ key: CANARY, operator: CANARY, value: CANARY }],
    nodeSelector: { a: CANARY },
    hostAliases: [{ hostnames: [CANARY] }],
    own: CANARY,
  },
  status: {
    phase: CANARY,
    message: CANARY,
    reason: CANARY,
    conditions: [{ type: CANARY, lastProbeTime: CANARY, reason: CANARY, message: CANARY }],
    containerStatuses: [
      {
        name: CANARY,
        image: CANARY,
        imageID: CANARY,
        containerID: CANARY,
        state: { running: { startedAt: CANARY, own: CANARY } },
        lastState: { terminated: { message: CANARY, reason: CANARY, finishedAt: CANARY } },
      },
    ],
    own: CANARY,
  },
};

const meta = ['name', 'generateName', 'namespace', 'creationTimestamp'].map(
  (at) => `metadata.${at}`,
);
const inContainer = [
  'name',
  'ports[].protocol',
  'resources.limits.cpu',
  'resources.requests.cpu',
  'volumeMounts[].name',
  'imagePullPolicy',
];
const podSpec = [
  'spec.nodeName',
  ...['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) =>
    inContainer.map((field) => `spec.${list}[].${field}`),
  ),
  'spec.volumes[].name',
  'spec.tolerations[].operator',
];
const podFields = [
  'apiVersion',
  'kind',
  ...meta,
  ...podSpec,
  'status.phase',
  'status.conditions[].lastProbeTime',
  'status.containerStatuses[].name',
  'status.containerStatuses[].containerID',
  'status.containerStatuses[].state.running.startedAt',
  'status.containerStatuses[].lastState.terminated.finishedAt',
];

describe('T13 what is not looked through', () => {
  it('are the fields of a pod that can hold no secret, and no other', () => {
    expect(shown(JSON.parse(masked(pods, pod)))).toStrictEqual(podFields);
  });

  it.each([
    ['a list', { items: [pod] }, 'items[].'],
    ['a watch', { type: 'ADDED', object: pod }, 'object.'],
    ['a table', { rows: [{ cells: [CANARY], object: pod }] }, 'rows[].object.'],
    ['a table in a watch', { object: { rows: [{ object: pod }] } }, 'object.rows[].object.'],
  ])('are the same in %s', (_, body, place) => {
    const fields = podFields.map((field) => place + field);
    expect(shown(JSON.parse(masked(pods, body)))).toStrictEqual(fields);
  });

  it('are those of the pods that a deployment makes', () => {
    const target = { apiGroup: 'apps', resource: 'deployments', subresource: '' };
    const { metadata: inner, spec } = pod;
    const body = { metadata, spec: { template: { metadata: inner, spec } }, status: pod.status };
    expect(shown(JSON.parse(masked(target, body)))).toStrictEqual([
      ...meta,
      ...[...meta, ...podSpec].map((field) => `spec.template.${field}`),
      'status.conditions[].lastProbeTime',
    ]);
  });

  it.each([
    ['what a pod itself answers', { ...pods, subresource: 'proxy' }],
    ['another group of the same name', { ...pods, apiGroup: 'metrics.k8s.io' }],
    ['types of a cluster of its own', { ...pods, resource: 'widgets' }],
    ['a name that every object has', { ...pods, resource: 'constructor' }],
  ])('is nothing of %s', (_, target) => {
    expect(shown(JSON.parse(masked(target, pod)))).toStrictEqual([]);
  });

  it('is nothing in a place where the type has no such field', () => {
    expect(
      shown(JSON.parse(masked(pods, { spec: { metadata, status: pod.status } }))),
    ).toStrictEqual([]);
  });

  it('is nothing in a text that only looks like an object: nobody has checked what stands in it', () => {
    const body = { metadata: { annotations: { last: JSON.stringify(pod) } } };
    expect(masked(pods, body)).not.toContain(CANARY);
  });

  it('is nothing where patterns of their own may be about names', () => {
    const pattern: TextPattern = { kind: 'own', pattern: 'cAnary' };
    const masker = new Masker({ keys, patterns: [pattern] });
    expect(shown(JSON.parse(masked(pods, pod, masker)))).toStrictEqual([]);
  });
});

describe('a scanner that is used again', () => {
  it('knows nothing of what it has read', () => {
    const target = { apiGroup: 'x.test', resource: 'things', subresource: '' };
    const body = [
      { a: { b: [{ name: 'password', value: 'first-value-1' }] } },
      { value: 'a-value' },
    ];
    const first = body.map((each) => masked(target, each));
    expect(body.map((each) => masked(target, each))).toStrictEqual(first);
    expect(first[1]).toBe(JSON.stringify(body[1]));
  });

  it('is none that has failed', () => {
    const mask = plain.body(pods, json);
    expect(() => mask.push(Buffer.from('{"a":[}'))).toThrow('no valid JSON');
    expect(() => mask.push(Buffer.from('{}'))).toThrow('no valid JSON');
    expect(masked(pods, { a: 1 })).toBe('{"a":1}');
  });

  it('is read by nobody when its body is over', () => {
    const mask = plain.body(pods, json);
    mask.push(Buffer.from('{}'));
    mask.end();
    expect(() => mask.push(Buffer.from(' '))).toThrow('the body is over');
    expect(() => mask.end()).toThrow('the body is over');
  });

  it('gives back the very bytes in which nothing was masked', () => {
    const bytes = Buffer.from('{"spec":{"nodeName":"node-1"}}');
    const mask = plain.body(pods, json);
    expect(mask.push(bytes)[0]).toBe(bytes);
    mask.end();
  });
});
