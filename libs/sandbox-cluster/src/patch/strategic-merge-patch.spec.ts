import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.js';
import { kubernetesSchemas } from '../openapi/schema.js';
import { strategicMergePatch } from './strategic-merge-patch.js';

const schemas = kubernetesSchemas();
const kindOf = (kind: string, group = '') => {
  const schema = schemas.ofKind({ group, version: 'v1', kind });
  if (schema === undefined) throw new Error(`no schema for ${kind}`);
  return { schemas, schema };
};
const patchPodSpec = (spec: JsonObject, patch: JsonObject) =>
  strategicMergePatch(kindOf('Pod'), { spec }, { spec: patch })['spec'];

describe('a strategic merge patch', () => {
  it.each<{ does: string; spec: JsonObject; patch: JsonObject; result: JsonObject }>([
    {
      does: 'merges containers by name and appends new ones',
      spec: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '1' },
        ],
      },
      patch: {
        containers: [
          { name: 'b', image: '2' },
          { name: 'c', image: '3' },
        ],
      },
      result: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '2' },
          { name: 'c', image: '3' },
        ],
      },
    },
    {
      does: 'removes a member by null',
      spec: { hostname: 'x', nodeName: 'n' },
      patch: { hostname: null },
      result: { nodeName: 'n' },
    },
    {
      does: 'removes an item by $patch: delete, and ignores one that is absent',
      spec: { containers: [{ name: 'a' }, { name: 'b' }] },
      patch: {
        containers: [
          { name: 'a', $patch: 'delete' },
          { name: 'z', $patch: 'delete' },
        ],
      },
      result: { containers: [{ name: 'b' }] },
    },
    {
      does: 'replaces a list by $patch: replace',
      spec: { containers: [{ name: 'a' }, { name: 'b' }] },
      patch: { containers: [{ $patch: 'replace' }, { name: 'c' }] },
      result: { containers: [{ name: 'c' }] },
    },
    {
      does: 'replaces a map by $patch: replace',
      spec: { nodeSelector: { a: '1', b: '2' } },
      patch: { nodeSelector: { $patch: 'replace', c: '3' } },
      result: { nodeSelector: { c: '3' } },
    },
    {
      does: 'empties a map by $patch: delete',
      spec: { nodeSelector: { a: '1' } },
      patch: { nodeSelector: { $patch: 'delete' } },
      result: { nodeSelector: {} },
    },
    {
      does: 'replaces a list that has no merge strategy',
      spec: { containers: [{ name: 'a', command: ['x', 'y'] }] },
      patch: { containers: [{ name: 'a', command: ['z'] }] },
      result: { containers: [{ name: 'a', command: ['z'] }] },
    },
    {
      does: 'keeps only $retainKeys of a volume when its source changes kind',
      spec: { volumes: [{ name: 'v', emptyDir: {} }] },
      patch: {
        volumes: [{ name: 'v', $retainKeys: ['name', 'secret'], secret: { secretName: 's' } }],
      },
      result: { volumes: [{ name: 'v', secret: { secretName: 's' } }] },
    },
    {
      does: 'orders by $setElementOrder and keeps items that only the server has in their place',
      spec: { containers: [{ name: 'server' }, { name: 'a' }, { name: 'b' }] },
      patch: {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
        containers: [{ name: 'b', image: '2' }],
      },
      result: { containers: [{ name: 'server' }, { name: 'b', image: '2' }, { name: 'a' }] },
    },
    {
      does: 'leaves no directive behind in what it adds',
      spec: {},
      patch: {
        volumes: [{ name: 'v', $retainKeys: ['name', 'emptyDir'], emptyDir: {} }],
        '$setElementOrder/volumes': [{ name: 'v' }],
      },
      result: { volumes: [{ name: 'v', emptyDir: {} }] },
    },
  ])('$does', ({ spec, patch, result }) => {
    expect(patchPodSpec(spec, patch)).toStrictEqual(result);
  });

  it('merges sets of scalars and removes by $deleteFromPrimitiveList', () => {
    const target = { metadata: { finalizers: ['a', 'b'] } };
    const patch = {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['b', 'c'] },
    };
    expect(strategicMergePatch(kindOf('ConfigMap'), target, patch)).toStrictEqual({
      metadata: { finalizers: ['b', 'c'] },
    });
  });

  it.each([
    {
      when: 'a directive that does not exist',
      patch: { containers: [{ name: 'a', $patch: 'frob' }] },
      code: 500,
    },
    { when: 'an item without its merge key', patch: { containers: [{ image: 'x' }] }, code: 400 },
    {
      when: 'a member outside $retainKeys',
      patch: { volumes: [{ name: 'v', $retainKeys: ['name'], emptyDir: {} }] },
      code: 400,
    },
  ])('refuses $when', ({ patch, code }) => {
    const spec = { containers: [{ name: 'a' }], volumes: [{ name: 'v' }] };
    expect(() => patchPodSpec(spec, patch)).toThrow(expect.objectContaining({ code }));
  });

  it('does not change what it patches', () => {
    const spec = Object.freeze({ containers: Object.freeze([Object.freeze({ name: 'a' })]) });
    patchPodSpec(spec, { containers: [{ name: 'a', image: '2' }] });
    expect(spec).toStrictEqual({ containers: [{ name: 'a' }] });
  });
});
