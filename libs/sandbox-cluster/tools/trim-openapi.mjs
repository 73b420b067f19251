// Cuts the OpenAPI v3 documents of a Kubernetes release down to the kinds the sandbox cluster serves:
//   node tools/trim-openapi.mjs <kubernetes sources>/api/openapi-spec/v3
// One schema per line in data/kubernetes-schemas.jsonl, so that a new release shows a readable diff.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const kinds = {
  api__v1: [
    ...['Namespace', 'Pod', 'ConfigMap', 'Secret', 'Service', 'ServiceAccount', 'Event', 'Node'],
    ...['Endpoints', 'ResourceQuota', 'LimitRange', 'PersistentVolumeClaim', 'Scale', 'Eviction'],
    ...['TokenRequest', 'DeleteOptions', 'Status'],
  ],
  apis__apps__v1: ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  apis__batch__v1: ['Job', 'CronJob'],
  'apis__coordination.k8s.io__v1': ['Lease'],
  'apis__authentication.k8s.io__v1': ['SelfSubjectReview'],
  'apis__authorization.k8s.io__v1': [
    'SelfSubjectAccessReview',
    'SelfSubjectRulesReview',
    'SubjectAccessReview',
  ],
};

const directory = process.argv[2];
const kept = new Map();
for (const [file, names] of Object.entries(kinds)) {
  const { schemas } = JSON.parse(
    readFileSync(join(directory, `${file}_openapi.json`), 'utf8'),
  ).components;
  const wanted = names.flatMap((name) => [name, `${name}List`]);
  const keep = (name) => {
    if (kept.has(name)) return;
    const schema = schemas[name];
    kept.set(name, schema);
    for (const [, next] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      keep(next);
  };
  for (const name of Object.keys(schemas))
    if (wanted.includes(name.slice(name.lastIndexOf('.') + 1))) keep(name);
}
const lines = [...kept]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, schema]) => JSON.stringify({ name, schema }));
writeFileSync(
  join(import.meta.dirname, '../data/kubernetes-schemas.jsonl'),
  `${lines.join('\n')}\n`,
);
process.stdout.write(`${kept.size} schemas\n`);
