import { describe, expect, it } from 'vitest';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { isJsonPatch, refuseMaskedPatch } from './refuse-masked-patch.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const secrets = { apiGroup: '', resource: 'secrets', subresource: '' };
const maps = { ...secrets, resource: 'configmaps' };
const pods = { ...secrets, resource: 'pods' };
const widgets = { apiGroup: 'example.com', resource: 'widgets', subresource: '' };
const deployments = { apiGroup: 'apps', resource: 'deployments', subresource: '' };
const check = (patch: unknown, target = deployments) => {
  const bytes = Buffer.from(typeof patch === 'string' ? patch : JSON.stringify(patch));
  refuseMaskedPatch(bytes, { ...target, masker });
};
const key = ['AKIA', 'IOSFODNN7EXAMPLX'].join('');

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
    ['/metadata/annotations/password', 'guess'],
    ['/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration', 'guess'],
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

  it.each([
    { op: 'test', path: '/data/log.level', value: 'debug' },
    { op: 'test', path: '/data/log.level', value: '' },
    { op: 'move', from: '/data/log.level', path: '/data/level' },
    { op: 'copy', from: '/data/app.conf', path: '/data/app.conf.bak' },
    { op: 'copy', from: '/data/log.level', path: '/data/password' },
    { op: 'test', path: '/metadata/annotations/team', value: 'payments' },
    { op: 'test', path: '/metadata/annotations/example.com~1team', value: 'payments' },
    { op: 'test', path: '/metadata/labels/app', value: 'checkout' },
    { op: 'test', path: '/immutable', value: true },
  ])('of a ConfigMap may $op $from$path', (operation) => {
    expect(() => check([operation], maps)).not.toThrow();
  });

  it.each<object>([
    { op: 'test', path: '/data/password', value: 'guess' },
    { op: 'test', path: '/data/password', value: '' },
    { op: 'test', path: '/data/DB_PASSWORD', value: 'plain words' },
    { op: 'test', path: '/data/conf', value: key },
    { op: 'test', path: '/data/conf', value: `line\nkey = ${key}\n` },
    { op: 'test', path: '/data/conf', value: 'postgres://app:guess@db/app' },
    { op: 'test', path: '/data/conf', value: 'password: guess' },
    { op: 'test', path: '/data', value: { conf: 'a' } },
    { op: 'test', path: '/data', value: null },
    { op: 'test', path: '/data/conf', value: { a: 'b' } },
    { op: 'test', path: '/data/conf', value: ['a'] },
    { op: 'test', path: '/data/conf' },
    { op: 'test', path: '/data/conf/0', value: 'g' },
    { op: 'test', path: '/DATA/conf', value: 'a' },
    { op: 'test', path: '/binaryData/conf', value: 'YQ==' },
    { op: 'test', path: 'data/password', value: 'guess' },
    { op: 'test', path: '/metadata/annotations/team', value: key },
    { op: 'test', path: '/metadata/annotations/api-token', value: 'guess' },
    { op: 'test', path: '/metadata/annotations', value: { team: 'a' } },
    {
      op: 'test',
      path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration',
      value: '{}',
    },
    { op: 'test', path: '/metadata/labels/app', value: key },
    { op: 'move', from: '/data/password', path: '/data/log' },
    { op: 'copy', from: '/data/password', path: '/data/log' },
    { op: 'copy', from: '/data/conf', path: '/metadata/annotations/conf' },
    { op: 'copy', from: '/data/conf', path: '/metadata/labels/conf' },
    { op: 'copy', from: '/data/conf', path: '/data/conf/x' },
    { op: 'copy', from: '/data/conf', path: '/binaryData/conf' },
    { op: 'move', from: '/data', path: '/metadata/labels' },
    { op: 'move', from: '/data', path: '/other' },
    { op: 'copy', from: '', path: '/data/all' },
    { op: 'copy', from: '/binaryData/conf', path: '/data/conf' },
    { op: 'copy', from: '/metadata/annotations/a', path: '/data/a' },
    { op: 'copy', from: '/metadata/managedFields', path: '/data/a' },
  ])('of a ConfigMap must not %o', (operation) => {
    expect(() => check([{ op: 'add', path: '/data/x', value: 'y' }, operation], maps)).toThrow(
      expect.objectContaining({ code: 'masked_value_read' }) as Error,
    );
  });

  it.each([
    { op: 'test', path: '/spec/url', value: 'postgres://app:guess@db/app' },
    { op: 'test', path: '/spec/note', value: key },
    { op: 'test', path: `${container}/image`, value: `registry/${key}` },
  ])('must not test for what would be masked: $path', (operation) => {
    expect(() => check([operation], widgets)).toThrow(/must not "test"/);
  });

  it.each([
    ['/spec/containers/0/image', '/spec/nodeName'],
    ['/metadata/labels/a', '/spec/volumes/0/name'],
    ['/metadata/labels/a', '/metadata/name'],
    ['/spec/containers/0/workingDir', '/status/phase'],
  ])('must not copy %s to %s, where nothing is masked', (from, path) => {
    expect(() => check([{ op: 'copy', from, path }], pods)).toThrow(/must not "copy"/);
  });

  it.each<object>([
    { op: 'add', path: `${container}/args/1`, value: 'between' },
    { op: 'replace', path: `${container}/args/0`, value: '--other' },
    { op: 'remove', path: `${container}/command/0` },
    { op: 'copy', from: `${container}/name`, path: `${container}/ARGS/1` },
    { op: 'replace', path: `${container}/env/0/name`, value: 'LEVEL' },
    { op: 'remove', path: `${container}/env/0/name` },
    { op: 'replace', path: `${container}/env/+0/name`, value: 'LEVEL' },
    { op: 'replace', path: `${container}/env/-1/name`, value: 'LEVEL' },
    { op: 'replace', path: `${container}/env/007/name`, value: 'LEVEL' },
    { op: 'replace', path: `${container}/livenessProbe/httpGet/httpHeaders/0/name`, value: 'X' },
    { op: 'move', from: '/spec/list/0/name', path: '/spec/list/0/label' },
  ])('must not change what says that its neighbour is a secret: %o', (operation) => {
    expect(() => check([operation])).toThrow(/says what is masked beside it/);
  });

  it.each<object>([
    { op: 'add', path: `${container}/args/-`, value: '--verbose' },
    { op: 'replace', path: `${container}/args`, value: ['serve'] },
    { op: 'remove', path: `${container}/env/0` },
    { op: 'add', path: `${container}/env/-`, value: { name: 'A', value: 'b' } },
    { op: 'replace', path: '/spec/template/spec/volumes/0/name', value: 'data' },
    { op: 'remove', path: '/metadata/finalizers/0' },
    { op: 'replace', path: '/metadata/labels/name', value: 'x' },
    { op: 'copy', from: '/spec/list/0', path: '/spec/list/-' },
  ])('may %o', (operation) => {
    expect(() => check([operation])).not.toThrow();
  });

  it.each(['/0', '/spec/map/0', '/spec/other'])('must not take an element to %s', (path) => {
    expect(() => check([{ op: 'copy', from: '/spec/list/0', path }], widgets)).toThrow(/"copy"/);
  });

  it.each([
    ['/spec/volumes/0/name', '/spec/volumes/1/name'],
    ['/spec/nodeName', '/metadata/labels/node'],
    ['/spec/containers/0', '/spec/containers/-'],
  ])('may copy %s to %s, which tells no more', (from, path) => {
    expect(() => check([{ op: 'copy', from, path }], pods)).not.toThrow();
  });

  it.each([
    [{ op: 'copy', from: '/metadata/labels/a', FROM: '/data/password', path: '/data/x' }],
    [{ op: 'add', Op: 'test', path: '/data/password', value: 'guess' }],
    [{ op: 'test', path: '/immutable', Path: '/data/password', value: true }],
  ])('with a member in two cases is refused', (operation) => {
    const malformed = expect.objectContaining({ code: 'malformed_request' }) as Error;
    expect(() => check([operation], maps)).toThrow(malformed);
  });

  it('reads the last of a member that is there twice, as the cluster does', () => {
    const patch = '[{"op":"copy","from":"/data/a","from":"/data/password","path":"/data/b"}]';
    expect(() => check(patch, maps)).toThrow(/must not "copy"/);
  });

  it('is not looked at for longer than a while', () => {
    const operation = { op: 'test', path: '/metadata/labels/a', value: 'b' };
    const patch = Array.from({ length: 1_001 }, () => operation);
    expect(() => check(patch)).toThrow(/1000 times at most/);
    expect(() => check(patch.slice(1))).not.toThrow();
    expect(() => check(patch.map((each) => ({ ...each, op: 'replace' })))).not.toThrow();
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
