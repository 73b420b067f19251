import { describe, expect, it } from 'vitest';
import { objectDiff } from './object-diff.js';

const pod = (image: string, more: object = {}) => ({
  kind: 'Pod',
  metadata: {
    name: 'web',
    uid: 'u',
    resourceVersion: '7',
    managedFields: [{ manager: image }],
    annotations: { 'example.com/a': 'b' },
  },
  spec: { containers: [{ name: 'app', image }], ...more },
  status: { phase: image },
});
const diff = (before: unknown, after: unknown, withStatus = false) =>
  objectDiff({ before, after, withStatus });

describe('what changes', () => {
  it('is shown by its whole path, under the name of the object', () => {
    expect(diff(pod('web:1'), pod('web:2'))).toStrictEqual([
      '  kind: "Pod"',
      '  metadata.name: "web"',
      '- spec.containers[app].image: "web:1"',
      '+ spec.containers[app].image: "web:2"',
    ]);
  });

  it('moves nothing when an entry is put in front of others', () => {
    const before = { spec: { containers: [{ name: 'app', image: 'a' }] } };
    const after = {
      spec: {
        containers: [
          { name: 'evil', image: 'b' },
          { name: 'app', image: 'a' },
        ],
      },
    };
    expect(diff(before, after)).toStrictEqual([
      '+ spec.containers[evil].image: "b"',
      '+ spec.containers[evil].name: "evil"',
    ]);
  });

  it('hides no entry behind another of the same name', () => {
    const env = (...values: string[]) => ({ env: values.map((value) => ({ name: 'A', value })) });
    expect(diff(env('1'), env('1', '2'))).toStrictEqual([
      '+ env[A].name(2): "A"',
      '+ env[A].value(2): "2"',
    ]);
  });

  it('of a new object is all of it, of a deleted one too', () => {
    expect(diff(undefined, { kind: 'A', spec: {} })).toStrictEqual(['+ kind: "A"', '+ spec: {}']);
    expect(diff({ kind: 'A', list: [] }, undefined)).toStrictEqual(['- kind: "A"', '- list: []']);
  });

  it('leaves the status out unless the call is about it', () => {
    expect(diff({ status: { a: 1 } }, { status: { a: 2 } })).toStrictEqual(['  changes nothing']);
    expect(diff({ status: { a: 1 } }, { status: { a: 2 } }, true)).toStrictEqual([
      '- status.a: 1',
      '+ status.a: 2',
    ]);
  });

  it('keeps each line one line, and shows a long value whole', () => {
    const lines = diff(undefined, { text: `a\nb${'x'.repeat(5_000)}` });
    expect(lines.every((line) => line.length < 2_000 && !line.includes('\n'))).toBe(true);
    expect(lines.map((line) => line.replace(/^\+ …? ?/, '')).join('')).toBe(
      `text: "a\\nb${'x'.repeat(5_000)}"`,
    );
  });

  it('writes a key that could be taken for a path in quotes', () => {
    expect(diff(undefined, { data: { 'a.b: "c"': 1 } })).toStrictEqual([
      '+ data["a.b: \\"c\\""]: 1',
    ]);
  });
});
