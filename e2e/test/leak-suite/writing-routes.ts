import { callRoute } from './call-route.js';
import { NAMESPACE } from './planted-objects.js';
import type { CallRoute, Route } from './route.js';

const json = 'application/json';
const core = `/api/v1/namespaces/${NAMESPACE}`;
const apps = `/apis/apps/v1/namespaces/${NAMESPACE}`;
const dry = 'dryRun=All';
const merge = 'application/merge-patch+json';
const jsonPatch = 'application/json-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';

const patch = (path: string, contentType: string, body: unknown) => ({
  method: 'PATCH',
  path,
  accept: json,
  contentType,
  body: JSON.stringify(body),
});

const patched: readonly (readonly [string, string])[] = [
  ['secret', `${core}/secrets/planted`],
  ['configmap', `${core}/configmaps/planted`],
  ['pod', `${core}/pods/planted`],
  ['status of a pod', `${core}/pods/planted/status`],
  ['deployment', `${apps}/deployments/planted`],
  ['widget', `/apis/leaks.test/v1/namespaces/${NAMESPACE}/widgets/planted`],
];

/** A patch of nothing is a read. */
const nothing: readonly CallRoute[] = patched.flatMap(([what, path]) => [
  { what: `an empty merge patch of a ${what}`, ...patch(path, merge, {}) },
  { what: `a dry merge patch of a ${what}`, ...patch(`${path}?${dry}`, merge, {}) },
  { what: `an empty JSON patch of a ${what}`, ...patch(path, jsonPatch, []) },
  ...(what === 'widget'
    ? []
    : [{ what: `an empty strategic patch of a ${what}`, ...patch(path, strategic, {}) }]),
]);

const secret = `${core}/secrets/planted?${dry}`;
const moved = '/metadata/annotations/moved';

/** A patch that takes a value to where nobody looks for it. */
const moving: readonly CallRoute[] = [
  {
    what: 'a JSON patch that copies a value of a secret',
    ...patch(secret, jsonPatch, [{ op: 'copy', from: '/data/plain', path: moved }]),
    expected: 'either',
  },
  {
    what: 'a JSON patch that moves a value of a secret',
    ...patch(secret, jsonPatch, [{ op: 'move', from: '/data/plain', path: moved }]),
    expected: 'either',
  },
  {
    what: 'a JSON patch that copies all values of a secret',
    ...patch(secret, jsonPatch, [{ op: 'copy', from: '/data', path: '/metadata/labels' }]),
    expected: 'either',
  },
  {
    what: 'a JSON patch that copies a variable of a pod to a label',
    ...patch(`${core}/pods/planted?${dry}`, jsonPatch, [
      { op: 'copy', from: '/spec/containers/0/env/0/value', path: moved },
    ]),
    expected: 'either',
  },
];

const deployment = `${apps}/deployments/planted?${dry}`;
const container = '/spec/template/spec/containers/0';
const labelling: readonly (readonly [string, object])[] = [
  ['takes the flag before an argument', { op: 'remove', path: `${container}/command/1` }],
  [
    'changes the flag before an argument',
    { op: 'replace', path: `${container}/command/1`, value: '--other' },
  ],
  ['parts a flag and its argument', { op: 'add', path: `${container}/command/2`, value: 'x' }],
  [
    'gives a variable another name',
    { op: 'replace', path: `${container}/env/0/name`, value: 'LEVEL' },
  ],
  [
    'gives a header another name',
    {
      op: 'replace',
      path: `${container}/livenessProbe/httpGet/httpHeaders/0/name`,
      value: 'Accept',
    },
  ],
];

/** A patch after which nothing says any more that a value is a secret. */
const unlabelled: readonly CallRoute[] = labelling.map(([what, operation]) => ({
  what: `a JSON patch that ${what}`,
  ...patch(deployment, jsonPatch, [operation]),
  expected: 'refused',
}));

const applied = (kind: string, apiVersion = 'v1') => ({
  ...{ method: 'PATCH', accept: json, contentType: applyPatch },
  body: JSON.stringify({ apiVersion, kind, metadata: { name: 'planted' } }),
});

/** Answers of writes that are the whole object. */
const echoes: readonly CallRoute[] = [
  {
    what: 'server-side apply of a secret',
    path: `${core}/secrets/planted?fieldManager=agent&${dry}`,
    ...applied('Secret'),
  },
  {
    what: 'server-side apply of a configmap',
    path: `${core}/configmaps/planted?fieldManager=agent&${dry}`,
    ...applied('ConfigMap'),
  },
  {
    what: 'deletion of all secrets, dry',
    ...{ method: 'DELETE', path: `${core}/secrets?${dry}`, accept: json },
  },
  {
    what: 'deletion of all configmaps, dry',
    ...{ method: 'DELETE', path: `${core}/configmaps?${dry}`, accept: json },
  },
  {
    what: 'deletion of a pod, dry',
    ...{ method: 'DELETE', path: `${core}/pods/planted?${dry}`, accept: json },
  },
  {
    what: 'a token of a service account',
    ...{ method: 'POST', path: `${core}/serviceaccounts/planted/token`, accept: json },
    contentType: json,
    body: '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}',
    expected: 'refused',
  },
];

/** Of a pod most may not change: the refusal shows what would, and what stands around it. */
const otherVariable = patch(`${core}/pods/planted`, strategic, {
  spec: { containers: [{ name: 'web', env: [{ name: 'DB_PASSWORD', value: 'other' }] }] },
});

const otherArgument = patch(`${core}/pods/planted`, strategic, {
  spec: { containers: [{ name: 'web', command: ['serve', '--password', 'other'], args: ['x'] }] },
});

/** What a cluster says of an object when it refuses a change, or warns. */
const complaints: readonly CallRoute[] = [
  {
    what: 'a refusal that shows what a pod is made of',
    ...otherVariable,
  },
  { what: 'a refusal that shows the arguments of a command', ...otherArgument },
  {
    what: 'a refusal that shows it as a Status in protobuf',
    ...otherVariable,
    accept: 'application/vnd.kubernetes.protobuf',
    expected: 'either',
  },
  {
    what: 'a refusal by an admission policy',
    ...patch(`${core}/configmaps/planted?${dry}`, merge, { metadata: { labels: { refused: '' } } }),
  },
  {
    what: 'a warning by an admission policy',
    ...patch(`${core}/configmaps/planted?${dry}`, merge, { metadata: { labels: { warned: '' } } }),
    accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  },
];

/** Everything that writes, or seems to. */
export const writingRoutes: readonly Route[] = [
  ...nothing,
  ...moving,
  ...unlabelled,
  ...echoes,
  ...complaints,
].map(callRoute);
