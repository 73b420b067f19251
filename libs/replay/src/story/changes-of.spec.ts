import { describe, expect, it } from 'vitest';
import { command } from '../../test/story-samples.js';
import type { RecordedBody } from '../recorded-body.js';
import { changesOf } from './changes-of.js';

const json = (value: unknown): RecordedBody => ({
  contentType: 'application/json',
  text: JSON.stringify(value),
});
const deployment = (spec: object, metadata: object = {}) => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', spec },
  metadata: { name: 'checkout', namespace: 'payments', ...metadata },
});
const patched = (before: object, after: object, change = {}) =>
  changesOf(command(1, change), { before: json(before), response: json(after) });

describe('what a write changed', () => {
  it('is the difference of the object before and after', () => {
    const [before, after] = [
      deployment({ replicas: 3 }),
      deployment({ replicas: 5, paused: true }),
    ];
    expect(patched(before, after)).toStrictEqual({
      changes: [
        { path: 'spec.replicas', before: '3', after: '5' },
        { path: 'spec.paused', after: 'true' },
      ],
    });
  });

  it('is the number where something is scaled, whichever object is shown as it was', () => {
    const scale = (replicas: number) => ({ kind: 'Scale', spec: { replicas } });
    const expected = { changes: [{ path: 'spec.replicas', before: '2', after: '3' }] };
    for (const before of [deployment({ replicas: 2, paused: true }), scale(2)]) {
      expect(patched(before, scale(3), { subresource: 'scale' })).toStrictEqual(expected);
    }
  });

  it.each([257, 3_000, 12_000])('is not looked for in what is nested %i deep', (depth) => {
    const nested = (value: string): RecordedBody => ({
      contentType: 'application/json',
      text: `{"kind":"X","metadata":{"name":"x"},"spec":${'[{"a":'.repeat(depth)}${value}${'}]'.repeat(depth)}}`,
    });
    for (const verb of ['patch', 'create', 'deletecollection']) {
      const bodies = { before: nested('1'), response: nested('2') };
      expect(changesOf(command(1, { verb }), bodies)).toStrictEqual({ unknown: 'too_large' });
    }
  });

  it('is nothing when the cluster refused, and then the story has its words', () => {
    const status = (message: string) => json({ kind: 'Status', code: 422, message });
    const refusedBy = (message: string) =>
      changesOf(command(1, { statusCode: 422 }), { response: status(message) });
    expect(refusedBy('size: too large')).toStrictEqual({ refusal: 'size: too large' });
    expect(refusedBy('x'.repeat(2_000))?.refusal).toHaveLength(501);
    expect(changesOf(command(1, { statusCode: 503 }), {})).toBeUndefined();
    const get = command(1, { statusCode: 404, verb: 'get' });
    expect(changesOf(get, { response: status('not found') })).toBeUndefined();
  });

  it('is the object that the call names, where nothing shows it', () => {
    const evicted = command(1, {
      ...{ verb: 'create', subresource: 'eviction', apiGroup: '', resource: 'pods', name: 'p' },
      statusCode: 201,
    });
    const answer = json({ kind: 'Status', status: 'Success' });
    expect(changesOf(evicted, { response: answer })).toStrictEqual({
      changes: [{ path: '', before: 'pods payments/p' }],
    });
  });

  it('is the number 0 where a scale has none', () => {
    const [old, scale] = [deployment({ replicas: 0 }), { kind: 'Scale', spec: {} }];
    expect(patched(old, scale, { subresource: 'scale' })).toStrictEqual({ changes: [] });
  });

  it('is found beside brackets in texts', () => {
    const text = `\\"${'[{'.repeat(500)}`;
    const sides = [deployment({ text, replicas: 1 }), deployment({ text, replicas: 2 })] as const;
    expect(patched(...sides)).toMatchObject({ changes: [{ path: 'spec.replicas' }] });
  });

  it('leaves out what the server keeps for itself', () => {
    const noise = (n: number) => ({
      ...{ resourceVersion: `${n}`, generation: n, managedFields: [{ manager: `${n}` }] },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `${n}` },
    });
    const status = (n: number) => ({ status: { readyReplicas: n } });
    const side = (n: number) => ({ ...deployment({ replicas: 3 }, noise(n)), ...status(n) });
    expect(patched(side(1), side(2))).toStrictEqual({ changes: [] });
    expect(patched(side(1), side(2), { subresource: 'status' })).toStrictEqual({
      changes: [{ path: 'status.readyReplicas', before: '1', after: '2' }],
    });
  });

  it('tells elements by their names, however they are ordered, else by their place', () => {
    const spec = (...containers: object[]) => deployment({ containers, args: ['a'] });
    const [app, side] = [
      { name: 'app', image: 'a:1' },
      { name: 'side', image: 'b:1' },
    ];
    expect(patched(spec(app, side), spec(side, { ...app, image: 'a:2' }))).toStrictEqual({
      changes: [{ path: 'spec.containers[app].image', before: '"a:1"', after: '"a:2"' }],
    });
    expect(
      patched(deployment({ args: ['a', 'b'] }), deployment({ args: ['a', 'c', 'd'] })),
    ).toStrictEqual({
      changes: [
        { path: 'spec.args[1]', before: '"b"', after: '"c"' },
        { path: 'spec.args[2]', after: '"d"' },
      ],
    });
  });

  it('puts members with points and slashes into brackets', () => {
    const after = deployment({}, { annotations: { 'a.b/c': 'x' } });
    expect(patched(deployment({}), after)?.changes).toStrictEqual([
      { path: 'metadata.annotations["a.b/c"]', after: '"x"' },
    ]);
  });

  it('tells what became empty, and what became of another kind', () => {
    const [before, after] = [deployment({ a: { b: 1 }, c: [1] }), deployment({ a: {}, c: 'x' })];
    expect(patched(before, after)?.changes).toStrictEqual([
      { path: 'spec.a.b', before: '1' },
      { path: 'spec.c', before: '[1]', after: '"x"' },
    ]);
  });

  it('is the whole object where there was none', () => {
    const after = { kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' }, data: { k: 'v' } };
    const expected = {
      changes: [
        { path: '', after: 'ConfigMap b/a' },
        { path: 'data.k', after: '"v"' },
      ],
    };
    const create = command(1, { verb: 'create', statusCode: 201 });
    expect(changesOf(create, { response: json(after) })).toStrictEqual(expected);
    const missing = { contentType: '', cut: 'before_not_found' };
    expect(changesOf(command(1), { before: missing, response: json(after) })).toStrictEqual(
      expected,
    );
  });

  it('is the end of what was deleted', () => {
    const gone = { changes: [{ path: '', before: 'Deployment payments/checkout' }] };
    const status = json({ kind: 'Status', status: 'Success' });
    const before = json(deployment({}));
    expect(changesOf(command(1, { verb: 'delete' }), { before, response: status })).toStrictEqual(
      gone,
    );
    const all = json({ kind: 'DeploymentList', items: [deployment({})] });
    expect(changesOf(command(1, { verb: 'deletecollection' }), { response: all })).toStrictEqual(
      gone,
    );
    const evicted = command(1, { verb: 'create', subresource: 'eviction', statusCode: 201 });
    expect(changesOf(evicted, { before, response: status })).toStrictEqual(gone);
  });

  it.each<[string, Parameters<typeof changesOf>[1], string]>([
    ['nothing is recorded', {}, 'not_recorded'],
    ['the answer is not recorded', { before: json(deployment({})) }, 'not_recorded'],
    ['a body was cut', { before: { ...json({}), cut: 'body_limit' } }, 'not_whole'],
    [
      'a body is no text',
      { before: { contentType: 'application/vnd.kubernetes.protobuf' } },
      'not_json',
    ],
    ['a body is broken', { before: { contentType: 'application/json', text: '{' } }, 'not_json'],
    ['a body is long', { before: { contentType: 'application/json; charset=utf-8' } }, 'too_large'],
    [
      'the answer is about something else',
      { before: json(deployment({})), response: json({ kind: 'Scale' }) },
      'no_object',
    ],
  ])('is not guessed when %s', (_when, bodies, unknown) => {
    expect(changesOf(command(1), bodies)).toStrictEqual({ unknown });
  });

  it('is nothing for a read, and for what was refused', () => {
    const bodies = { before: json({}), response: json({}) };
    expect(changesOf(command(1, { verb: 'get' }), bodies)).toBeUndefined();
    expect(changesOf(command(1, { statusCode: 409 }), bodies)).toBeUndefined();
  });

  it('is bounded: long values are cut, and more than a hundred are counted', () => {
    const [long = { after: '' }] =
      patched(deployment({}), deployment({ a: 'x'.repeat(9_000) }))?.changes ?? [];
    expect(long.after).toMatch(/^"x{499}… \(9002 characters\)$/);
    const many = Object.fromEntries(Array.from({ length: 130 }, (_, n) => [`a${n}`, n]));
    const { changes, more } = patched(deployment({}), deployment(many)) ?? {};
    expect([changes?.length, more]).toStrictEqual([100, 30]);
  });
});
