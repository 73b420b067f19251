import { stringify as yamlOf } from 'yaml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { maskedRequest } from './masked-request.js';

const masker = new Masker({ keys: MaskKeys.parse(Buffer.alloc(32, 7).toString('base64')) });
const secrets = { apiGroup: '', resource: 'secrets', subresource: '' };
const deployments = { apiGroup: 'apps', resource: 'deployments', subresource: '' };
const configMaps = { apiGroup: '', resource: 'configmaps', subresource: '' };
const own = { apiGroup: 'corp.test', resource: 'widgets', subresource: '' };

const JSON_PATCH = 'application/json-patch+json';
const objectTypes = [
  ...['', 'application/json', 'application/merge-patch+json'],
  ...['application/strategic-merge-patch+json', 'application/apply-patch+yaml'],
];

function maskedText(
  sent: string | Buffer,
  mediaType: string,
  target = secrets,
): string | undefined {
  const body = { bytes: Buffer.from(sent), mediaType, contentEncoding: '' };
  return maskedRequest(body, { masker, target })?.bytes.toString();
}

/** No detector knows it. */
const VALUE = 'correct horse battery staple';
const encoded = Buffer.from(VALUE).toString('base64');

describe('a write of a Secret in the record', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'db',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
          kind: 'Secret',
          data: { password: encoded },
        }),
      },
    },
    data: { password: encoded },
    stringData: { word: VALUE },
  };

  it.each(objectTypes)('holds none of its values: "%s"', (mediaType) => {
    const text = maskedText(JSON.stringify(secret), mediaType);
    expect(text).not.toContain(VALUE);
    expect(text).not.toContain(encoded);
    expect(JSON.parse(text ?? '')).toMatchObject({
      kind: 'Secret',
      metadata: { name: 'db' },
      data: { password: expect.any(String) as string },
    });
  });

  it.each(['application/yaml', 'application/apply-patch+yaml'])('as YAML neither: %s', (type) => {
    const yaml = `# ${VALUE}\n${yamlOf(secret)}`;
    const masked = maskedRequest(
      { bytes: Buffer.from(yaml), mediaType: type, contentEncoding: '' },
      { masker, target: secrets },
    );
    expect(masked?.contentType).toBe('application/json');
    expect(masked?.bytes.toString()).not.toContain(VALUE);
    expect(masked?.bytes.toString()).not.toContain(encoded);
    expect(JSON.parse(masked?.bytes.toString() ?? '')).toMatchObject({ kind: 'Secret' });
  });

  it.each([
    [{ op: 'replace', path: '/data/password', value: encoded }],
    [{ op: 'add', path: '/data', value: { password: encoded } }],
    [{ op: 'add', path: '/stringData/word', value: VALUE }],
    [{ op: 'add', path: '/data/0', value: encoded }],
    [{ op: 'replace', path: '', value: { data: { a: encoded }, stringData: { b: VALUE } } }],
    [{ op: 'test', path: '/data/a~1b', value: encoded }],
    [
      { op: 'remove', path: '/metadata/labels/x' },
      { op: 'add', path: '/data/password', value: encoded },
    ],
  ])('as a JSON patch neither: %j', (...operations) => {
    const text = maskedText(JSON.stringify(operations), JSON_PATCH) ?? '';
    expect(text).not.toContain(VALUE);
    expect(text).not.toContain(encoded);
    const patch = JSON.parse(text) as { op: string; path: string }[];
    expect(patch.map(({ op, path }) => [op, path])).toStrictEqual(
      operations.map(({ op, path }) => [op, path]),
    );
  });

  it.each([
    ['in another spelling', JSON.stringify({ Data: { password: VALUE } }), 'application/json'],
    ['in capitals', JSON.stringify({ STRINGDATA: { password: VALUE } }), 'application/json'],
    ['twice', `{"data":{"a":"${encoded}"},"data":{"b":"${encoded}"}}`, 'application/json'],
    ['patched so', JSON.stringify([{ op: 'add', path: '/Data/a', value: VALUE }]), JSON_PATCH],
    ['that is none', `[${JSON.stringify(VALUE)}]`, 'application/json'],
    ['that is broken', `{"data":{"a":"${encoded}"`, 'application/json'],
    ['as a patch that is none', JSON.stringify({ data: { a: encoded } }), JSON_PATCH],
    ['as a patch without a path', JSON.stringify([{ op: 'add', value: VALUE }]), JSON_PATCH],
    ['in protobuf', `k8s\0${VALUE}`, 'application/vnd.kubernetes.protobuf'],
    ['in CBOR', VALUE, 'application/cbor'],
    ['as nobody knows what', VALUE, 'application/octet-stream'],
    ['as YAML that is none', '{a: [', 'application/yaml'],
    ['as YAML that is deep', '['.repeat(20_000), 'application/yaml'],
    ['as JSON that is deep', '['.repeat(20_000) + ']'.repeat(20_000), 'application/json'],
    ['as YAML that grows', bomb(), 'application/yaml'],
    ['as endless YAML', `a: ${'x'.repeat(300_000)}`, 'application/yaml'],
  ])('is not kept when it cannot be masked: %s', (_, text, mediaType) => {
    expect(maskedText(text, mediaType)).toBeUndefined();
  });

  it('is not kept when it is compressed', () => {
    const body = { bytes: Buffer.from('{}'), mediaType: '', contentEncoding: 'gzip' };
    expect(maskedRequest(body, { masker, target: secrets })).toBeUndefined();
  });
});

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, at) => {
    const inner = at === 0 ? 'x' : `*a${at - 1}`;
    return `a${at}: &a${at} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
  });
  return levels.join('\n');
}

describe('a write of something else in the record', () => {
  const patchOf = (path: string, value: unknown, target = deployments) =>
    maskedText(JSON.stringify([{ op: 'add', path, value }]), JSON_PATCH, target);
  const container = '/spec/template/spec/containers/0';

  it.each([
    ['a variable by its name', `${container}/env/-`, { name: 'DB_PASSWORD', value: VALUE }],
    ['a value whose name nobody knows', `${container}/env/0/value`, VALUE],
    ['a value of a list of its own', '/spec/params/3/value', VALUE],
    ['an argument whose flag nobody knows', `${container}/args/1`, VALUE],
    ['all arguments', `${container}/args`, ['--password', VALUE]],
    ['a member with the name of a secret', '/spec/password', VALUE],
    ['what looks like a secret', '/spec/note', ['AKIA', 'QWERTYUIOPASDFGH'].join('')],
  ])('masks in a JSON patch %s', (_, path, value) => {
    const text = patchOf(path, value) ?? VALUE;
    expect(text).not.toContain(VALUE);
    expect(text).not.toContain('AKIAQWERTY');
  });

  it('leaves in a JSON patch what is none', () => {
    const operations = [
      { op: 'replace', path: '/spec/replicas', value: 3 },
      { op: 'add', path: '/metadata/annotations/a~1b', value: 'plain words' },
      { op: 'copy', from: '/metadata/labels/a', path: '/metadata/labels/b' },
      { op: 'replace', path: '', value: { kind: 'Deployment', spec: { replicas: 2 } } },
      { op: 'test', path: '', value: null },
      { op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'a', image: 'b:1' } },
    ];
    const text = maskedText(JSON.stringify(operations), JSON_PATCH, deployments);
    expect(JSON.parse(text ?? '')).toStrictEqual(operations);
  });

  it('leaves a patch with nothing to mask as it is', () => {
    const patch = '{"spec":{"template":{"metadata":{"annotations":{"restartedAt":"2026-01-05"}}}}}';
    expect(maskedText(patch, 'application/strategic-merge-patch+json', deployments)).toBe(patch);
  });

  it('masks the values of a ConfigMap by their keys', () => {
    const text = maskedText(
      JSON.stringify({ data: { password: VALUE, color: 'red' } }),
      '',
      configMaps,
    );
    expect(text).not.toContain(VALUE);
    expect(text).toContain('"color":"red"');
  });

  it('masks text', () => {
    expect(maskedText(`password=${encoded}`, 'text/plain', own)).not.toContain(encoded);
  });
});

describe('a JSON patch in the record', () => {
  it('keeps its operations whatever they are, or is not kept', () => {
    const segment = fc.constantFrom(
      'data',
      'spec',
      'env',
      'args',
      'value',
      '0',
      '-',
      'a~1b',
      '__proto__',
    );
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'replace', 'test', 'remove', 'copy'),
        path: fc
          .array(segment, { maxLength: 5 })
          .map((parts) => parts.map((part) => `/${part}`).join('')),
        from: fc.constant('/spec/a'),
        value: fc.jsonValue(),
      },
      { requiredKeys: ['op', 'path'] },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (operations) => {
        const text = maskedText(JSON.stringify(operations), JSON_PATCH, own);
        if (text === undefined) return;
        const patch = JSON.parse(text) as unknown[];
        const keys = (each: unknown) => Object.keys(each as object).sort();
        expect(patch.map(keys)).toStrictEqual(operations.map(keys));
      }),
    );
  });
});
