import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AccessRequestInput } from '@drawbridge/contracts';
import { RequestRefused } from './request-refused.js';
import { ValidBody, ValidPath, ValidQuery } from './valid-input.js';

const errorsOf = (schema: z.ZodType, body: unknown, pipe = ValidBody(schema)) => {
  try {
    pipe.transform(body, { type: 'body' });
  } catch (error) {
    if (error instanceof RequestRefused) return error.errors;
    throw error;
  }
  return undefined;
};
const fieldsOf = (schema: z.ZodType, body: unknown) =>
  errorsOf(schema, body)?.map(({ field }) => field);

const Thing = z.strictObject({
  name: z.string().min(1),
  size: z.int(),
  tags: z.array(z.strictObject({ key: z.string() })).optional(),
  'a/b~c': z.string().optional(),
});

describe('a list that comes as one text', () => {
  const schema = z.strictObject({
    kinds: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(z.enum(['held', 'denied'], 'expected held or denied'))),
  });

  it('is shown where one element of it is wrong', () => {
    expect(errorsOf(schema, { kinds: 'held,nope' }, ValidQuery(schema))).toStrictEqual([
      { field: 'query.kinds.1', message: 'expected held or denied, got "held,nope"' },
    ]);
  });
});

describe('a body', () => {
  it('that is valid is what the schema makes of it', () => {
    const Trimmed = z.strictObject({ name: z.string().trim(), size: z.int().default(1) });
    const body: unknown = ValidBody(Trimmed).transform({ name: ' a ' }, { type: 'body' });
    expect(body).toStrictEqual({ name: 'a', size: 1 });
  });

  it('that is not names every bad field, missing and unknown ones included', () => {
    const body = { name: '', tags: [{ key: 'a' }, { key: 1, more: 1 }], 'x/y': 1, __proto: 1 };
    expect(errorsOf(Thing, body)).toStrictEqual([
      { field: '/name', message: expect.stringContaining('>=1') as string },
      { field: '/size', message: 'required' },
      { field: '/tags/1/key', message: expect.stringContaining('string') as string },
      { field: '/tags/1/more', message: 'unknown field' },
      { field: '/x~1y', message: 'unknown field' },
      { field: '/__proto', message: 'unknown field' },
    ]);
  });

  it('names a field whose own name needs escaping', () => {
    expect(fieldsOf(Thing, { name: 'a', size: 1, 'a/b~c': 1 })).toStrictEqual(['/a~1b~0c']);
  });

  it.each([[undefined], [null], ['text'], [1], [[]], [true]])(
    '%j is refused as a whole',
    (body) => {
      expect(fieldsOf(Thing, body)).toStrictEqual(['']);
    },
  );

  it('with __proto__ is refused for it and changes no prototype', () => {
    const body: unknown = JSON.parse('{"name":"a","size":1,"__proto__":{"admin":true}}');
    expect(fieldsOf(Thing, body)).toStrictEqual(['/__proto__']);
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });

  it('with a thousand faults is answered with fifty', () => {
    const body = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, 1]));
    expect(errorsOf(Thing, body)).toHaveLength(50);
  });

  it('does not repeat a value of the wrong type', () => {
    const refusal: unknown = (() => {
      try {
        return ValidBody(Thing).transform({ name: 5, size: 'hunter2' }, { type: 'body' });
      } catch (error) {
        return error;
      }
    })();
    expect(String(refusal)).toContain('/size');
    expect(JSON.stringify(refusal)).not.toContain('hunter2');
    expect(String(refusal)).not.toContain('hunter2');
  });
});

describe('a body with alternatives', () => {
  const valid = {
    connection: 'prod-eks',
    scope: { action: 'rollout-restart', parameters: { deployment: 'checkout' } },
    durationSeconds: 900,
    reason: 'readiness probe failing',
  };

  it.each([
    ['an action that is no text', { action: 5 }, ['/scope/action']],
    ['an unknown field beside the action', { action: 'x', extra: 1 }, ['/scope/extra']],
    ['a bad parameter', { action: 'x', parameters: { a: 1 } }, ['/scope/parameters/a']],
    ['no rules', { rules: [] }, ['/scope/rules']],
    [
      'a bad rule',
      { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: [1] }] },
      ['/scope/rules/0/namespaces/0'],
    ],
  ])('names the field of the one that was meant: %s', (_what, scope, fields) => {
    expect(fieldsOf(AccessRequestInput, { ...valid, scope })).toStrictEqual(fields);
  });

  it('is valid as it stands', () => {
    expect(errorsOf(AccessRequestInput, valid)).toBeUndefined();
  });

  it.each([[{}], ['rollout-restart'], [null], [[]]])('names the scope for %j', (scope) => {
    const fields = fieldsOf(AccessRequestInput, { ...valid, scope });
    expect(fields?.length).toBeGreaterThan(0);
    expect(fields?.every((field) => field.startsWith('/scope'))).toBe(true);
  });
});

describe('query and path', () => {
  const Query = z.strictObject({ wait: z.string().regex(/^\d+$/, 'expected seconds').optional() });

  it('are named with where they stand', () => {
    expect(errorsOf(Query, { wait: 'x', more: '1' }, ValidQuery(Query))).toStrictEqual([
      { field: 'query.wait', message: 'expected seconds, got "x"' },
      { field: 'query.more', message: 'unknown field' },
    ]);
    expect(errorsOf(Query, { wait: ['1', '2'] }, ValidQuery(Query))).toMatchObject([
      { field: 'query.wait' },
    ]);
    const Path = z.object({ id: z.uuid('expected a UUID') });
    expect(errorsOf(Path, { id: '../x' }, ValidPath(Path))).toStrictEqual([
      { field: 'path.id', message: 'expected a UUID, got "../x"' },
    ]);
  });
});
