// How fast rules are applied, beside JSON.parse and JSON.stringify, and how much memory that takes.
// After `nx build @drawbridge/json-stream`: node libs/json-stream/test/speed.mjs
import { JsonScanner, ruleTree } from '../dist/index.js';

const CHUNK_BYTES = 65_536;
const MASK = '"KioqKioqKio="';
const text = (length) => Buffer.alloc(length, 'secret').toString('base64');

const secret = (index) => ({
  metadata: {
    name: `secret-${index}`,
    namespace: 'payments',
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data: text(100) }),
    },
    managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:data': { 'f:password': {} } } }],
  },
  data: { password: text(900), certificate: text(600), user: text(30) },
  type: 'Opaque',
});
const pod = (index) => ({
  metadata: {
    name: `pod-${index}`,
    namespace: 'payments',
    uid: '0d2b6c1e-6ddc-4b5a-9f0e-5b0c9c3c3d1a',
    labels: { app: 'checkout', 'pod-template-hash': '7d4b9' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', controller: true }],
  },
  spec: {
    containers: [
      {
        name: 'app',
        image: 'checkout:1',
        env: Array.from({ length: 8 }, (_, each) => ({ name: `E${each}`, value: `v${each}` })),
        resources: { limits: { cpu: '1', memory: '1Gi' } },
        ports: [{ containerPort: 80, protocol: 'TCP' }],
      },
    ],
    tolerations: [{ key: 'not-ready', operator: 'Exists', tolerationSeconds: 300 }],
  },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null }],
    containerStatuses: [{ name: 'app', ready: true, restartCount: 0, started: true }],
  },
});
const list = (kind, count, item) =>
  Buffer.from(
    JSON.stringify({
      kind,
      apiVersion: 'v1',
      metadata: { resourceVersion: '1' },
      items: Array.from({ length: count }, (_, index) => item(index)),
    }),
  );
const secrets = list('SecretList', 4_000, secret);
const pods = list('PodList', 9_000, pod);

const oneInThree = (name) => (Number(name?.slice(4)) % 3 === 0 ? 'keep' : 'drop');
const keepBy = (judge) => [
  { path: ['items', '[]'], keepBy: [{ path: ['metadata', 'name'], judge }] },
];
const mask = (...path) => ({ path: ['items', '[]', ...path], mask: MASK });
const cases = [
  ['secrets, no rules', secrets, []],
  [
    'secrets, masked',
    secrets,
    [
      mask('data', '*'),
      mask('stringData', '*'),
      mask('metadata', 'annotations', 'kubectl.kubernetes.io/last-applied-configuration'),
    ],
  ],
  ['pods, no rules', pods, []],
  ['pods, every one by name', pods, keepBy(() => 'keep')],
  ['pods, one in three by name', pods, keepBy(oneInThree)],
  ['pods, environment masked', pods, [mask('spec', 'containers', '[]', 'env', '[]', 'value')]],
];

function scan(bytes, tree, times = 1) {
  for (let time = 0; time < times; time += 1) {
    const scanner = new JsonScanner({ rules: tree, maxHeldBytes: 1 << 24 });
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      scanner.push(bytes.subarray(at, at + CHUNK_BYTES));
    }
    scanner.end();
  }
}

/** Megabytes a second at best. */
function fastest(bytes, run) {
  let best = Infinity;
  for (let round = 0; round < 12; round += 1) {
    const started = performance.now();
    run();
    best = Math.min(best, performance.now() - started);
  }
  return bytes.length / 1_000 / best;
}

for (const [name, bytes, rules] of cases) {
  const tree = ruleTree(rules);
  const ours = fastest(bytes, () => scan(bytes, tree));
  const theirs = fastest(bytes, () => JSON.stringify(JSON.parse(bytes.toString())));
  console.log(
    `${name.padEnd(28)} ${ours.toFixed(0).padStart(6)} MB/s   parse and stringify ${theirs.toFixed(0).padStart(4)} MB/s   ×${(ours / theirs).toFixed(1)}`,
  );
}

const [, , masked] = cases[1];
globalThis.gc?.();
const before = process.memoryUsage.rss();
const tree = ruleTree(masked);
let peak = before;
for (let round = 0; round < 20; round += 1) {
  scan(secrets, tree);
  peak = Math.max(peak, process.memoryUsage.rss());
}
const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
console.log(
  `${megabytes(secrets.length * 20)} MB masked in ${megabytes(peak - before)} MB of memory`,
);
