import { describe, expect, it } from 'vitest';
import { isJsonPatch, refuseMaskedPatch } from './refuse-masked-patch.js';

const secrets = { apiGroup: '', resource: 'secrets' };
const deployments = { apiGroup: 'apps', resource: 'deployments' };
const check = (patch: unknown, target = deployments) => {
  refuseMaskedPatch(Buffer.from(typeof patch === 'string' ? patch : JSON.stringify(patch)), target);
};

describe('T14 a JSON patch', () => {
  const container = '/spec/template/spec/containers/0';
  it.each([
    ['copy', `${container}/env/0/value`],
    ['move', `${container}/ENV`],
    ['copy', ''],
    ['copy', '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration'],
    ['copy', '/metadata'],
    ['copy', '/spec/adminPassword'],
    ['copy', '/spec/admin~0password'],
    ['copy', `${container}/args/1`],
  ])('must not %s from %s', (op, from) => {
    const refused = expect.objectContaining({ code: 'masked_value_read' }) as Error;
    expect(() => check([{ op, from, path: '/metadata/labels/x' }])).toThrow(refused);
  });

  it.each([
    ['/spec/template', {}],
    [`${container}/env/0/value`, 'guess'],
    ['/metadata/annotations/x', 'guess'],
    ['', {}],
  ])('must not test %s', (path, value) => {
    expect(() => check([{ op: 'test', path, value }])).toThrow(/must not "test"/);
  });

  it('is read as the cluster reads it: of a member that is there twice the last counts', () => {
    expect(() => check('[{"op":"add","op":"test","path":"/data","value":1}]')).toThrow(/"test"/);
  });

  it.each(['data', 'stringData', 'DATA', 'whatever'])('reads nothing of a secret: %s', (field) => {
    expect(() => check([{ op: 'copy', from: `/${field}/x`, path: '/type' }], secrets)).toThrow(
      /must not "copy"/,
    );
  });

  it.each([
    { op: 'test', path: '/metadata/resourceVersion', value: '12' },
    { op: 'test', path: '/metadata/finalizers', value: ['a'] },
    { op: 'test', path: '/spec/replicas', value: 3 },
    { op: 'test', path: `${container}/image`, value: 'a:1' },
    { op: 'copy', from: '/metadata/labels/a', path: '/metadata/labels/b' },
    { op: 'add', path: '/data/x', value: 'y' },
    { op: 'remove', path: '/data/x' },
    { op: 'replace', path: `${container}/env/0/value`, value: 'new' },
  ])('may $op $path', (operation) => {
    expect(() => check([operation])).not.toThrow();
  });

  it.each(['{', '{}', '[1]', '[null]', '[{"op":1}]'])('that is none is refused: %s', (text) => {
    expect(() => check(text)).toThrow(
      expect.objectContaining({ code: 'malformed_request' }) as Error,
    );
  });

  it('is known by its type, whatever stands behind it', () => {
    expect(isJsonPatch('application/JSON-patch+json; charset=utf-8')).toBe(true);
    expect(isJsonPatch('application/merge-patch+json')).toBe(false);
  });
});
