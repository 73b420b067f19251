import { describe, expect, it } from 'vitest';
import { displayPath, formatFields, parseFields } from './field-set.js';

describe('fieldsV1', () => {
  const fields = {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:containers': { 'k:{"name":"a.b"}': { '.': {}, 'f:image': {} } },
      'f:finalizers': { 'v:"x/y"': {} },
    },
  };

  it('survives reading and writing', () => {
    expect(formatFields(parseFields(fields))).toStrictEqual(fields);
  });

  it('tells a container that is a field itself from one that only leads to fields', () => {
    const paths = parseFields(fields);
    expect(paths.has('f:metadata\nf:labels')).toBe(true);
    expect(paths.has('f:metadata')).toBe(false);
  });

  it('is shown as a path', () => {
    expect([...parseFields(fields)].map(displayPath)).toStrictEqual([
      '.metadata.labels',
      '.metadata.labels.app',
      '.spec.containers[name="a.b"]',
      '.spec.containers[name="a.b"].image',
      '.spec.finalizers[="x/y"]',
    ]);
  });
});
