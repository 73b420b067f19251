// Cuts the protobuf field numbers of a Kubernetes release down to the kinds the sandbox cluster serves:
//   node tools/trim-protobuf.mjs <directory of k8s.io/api> <directory of k8s.io/apimachinery>
// Run it after trim-openapi.mjs. One message per line in data/kubernetes-protobuf.jsonl; a field is
// [member, type] or [member, type, 'repeated' | 'map' | 'inline' | 'pointer'].
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [api, apimachinery] = process.argv.slice(2);
const files = [
  ...['core/v1', 'apps/v1', 'batch/v1', 'coordination/v1', 'autoscaling/v1', 'policy/v1'].map(
    (path) => join(api, path),
  ),
  ...['authentication/v1', 'authorization/v1'].map((path) => join(api, path)),
  ...['pkg/apis/meta/v1', 'pkg/api/resource', 'pkg/util/intstr', 'pkg/runtime'].map((path) =>
    join(apimachinery, path),
  ),
];
const data = join(import.meta.dirname, '../data');
const schemas = new Map(
  readFileSync(join(data, 'kubernetes-schemas.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ name, schema }) => [name, schema]),
);

/** `k8s.io.api.apps.v1` of a proto file is `io.k8s.api.apps.v1` in OpenAPI. */
const openApiName = (name) => name.replace(/^k8s\.io\./, 'io.k8s.');
const scalars = new Set(['string', 'bytes', 'bool', 'int32', 'int64', 'double']);
const messages = new Map();

/** The fields that are pointers in Go: their zero values are sent because somebody set them. */
function pointersIn(directory) {
  const pointers = new Set();
  for (const file of readdirSync(directory).filter((name) => name.endsWith('types.go'))) {
    const text = readFileSync(join(directory, file), 'utf8');
    for (const [, struct, body] of text.matchAll(/^type (\w+) struct \{([\s\S]*?)^\}/gm))
      for (const [, number] of body.matchAll(/^\s+\w+\s+\*\S+\s+`[^`]*protobuf:"\w+,(\d+),/gm))
        pointers.add(`${struct}/${number}`);
  }
  return pointers;
}

for (const directory of files) {
  const pointers = pointersIn(directory);
  const text = readFileSync(join(directory, 'generated.proto'), 'utf8').replaceAll(/\/\/.*$/gm, '');
  const [, packageName] = /^package (.+);$/m.exec(text);
  const full = (type) => (type.startsWith('.') ? type.slice(1) : `${packageName}.${type}`);
  const resolve = (type) => (scalars.has(type) ? type : openApiName(full(type)));
  for (const [, message, body] of text.matchAll(/^message (\w+) \{([^}]*)\}/gm)) {
    const name = openApiName(`${packageName}.${message}`);
    const properties = schemas.get(name)?.properties ?? {};
    const fields = {};
    const field = /(optional|repeated|map<string, ([\w.]+)>) ?([\w.]+)? (\w+) = (\d+)/g;
    for (const [, label, mapped, type, member, number] of body.matchAll(field)) {
      if (mapped !== undefined) fields[number] = [member, resolve(mapped), 'map'];
      else if (label === 'repeated') fields[number] = [member, resolve(type), 'repeated'];
      // A Go struct that is embedded has a field in protobuf and none in JSON.
      else if (!scalars.has(type) && schemas.has(name) && !(member in properties))
        fields[number] = [member, resolve(type), 'inline'];
      else if (scalars.has(type) && pointers.has(`${message}/${number}`))
        fields[number] = [member, resolve(type), 'pointer'];
      else fields[number] = [member, resolve(type)];
    }
    messages.set(name, fields);
  }
}

const kept = new Map();
const keep = (name) => {
  if (kept.has(name) || !messages.has(name)) return;
  kept.set(name, messages.get(name));
  for (const [, type] of Object.values(messages.get(name))) keep(type);
};
for (const [name, schema] of schemas) {
  if (schema['x-kubernetes-group-version-kind'] !== undefined && !name.endsWith('List')) keep(name);
}
const lines = [...kept]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, fields]) => JSON.stringify({ name, fields }));
writeFileSync(join(data, 'kubernetes-protobuf.jsonl'), `${lines.join('\n')}\n`);
process.stdout.write(`${kept.size} messages\n`);
