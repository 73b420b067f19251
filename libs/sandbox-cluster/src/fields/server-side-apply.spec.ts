import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.js';
import { kubernetesSchemas } from '../openapi/schema.js';
import { formatFields } from './field-set.js';
import { afterUpdate, type FieldWriter, type Ownership } from './managed-fields.js';
import { fieldChanges, fieldsOf } from './object-fields.js';
import { serverSideApply } from './server-side-apply.js';

const schemas = kubernetesSchemas();
const deployment = schemas.ofKind({ group: 'apps', version: 'v1', kind: 'Deployment' });
if (deployment === undefined) throw new Error('no schema for Deployment');
const schema = deployment;
const time = '2026-01-05T09:00:00Z';

const writer = (manager: string, operation: FieldWriter['operation'] = 'Apply'): FieldWriter => ({
  manager,
  operation,
  apiVersion: 'apps/v1',
  subresource: '',
  time,
});

interface State {
  readonly object: JsonObject;
  readonly ownerships: readonly Ownership[];
}

const nothing: State = { object: {}, ownerships: [] };
const applyAs = (
  { manager, force }: { manager: string; force: boolean },
  state: State,
  config: JsonObject,
): State =>
  serverSideApply({
    schemas,
    schema,
    live: state.object,
    ownerships: state.ownerships,
    config,
    writer: writer(manager),
    force,
  });
const apply = (state: State, manager: string, config: JsonObject): State =>
  applyAs({ manager, force: false }, state, config);
const update = (state: State, manager: string, object: JsonObject): State => {
  const changes = fieldChanges(
    fieldsOf(schemas, schema, state.object),
    fieldsOf(schemas, schema, object),
  );
  return { object, ownerships: afterUpdate(state.ownerships, changes, writer(manager, 'Update')) };
};
const owned = (state: State, manager: string): JsonObject => {
  const found = state.ownerships.find(({ entry }) => entry.manager === manager);
  return formatFields(found?.fields ?? new Set());
};
const containers = (...list: JsonObject[]): JsonObject => ({
  spec: { template: { spec: { containers: list } } },
});

describe('server-side apply', () => {
  it('owns what it wrote: leaves, and items of keyed lists', () => {
    const state = apply(
      nothing,
      'ci',
      containers({ name: 'a', image: '1', env: [{ name: 'X', value: '1' }] }),
    );
    expect(owned(state, 'ci')).toStrictEqual({
      'f:spec': {
        'f:template': {
          'f:spec': {
            'f:containers': {
              'k:{"name":"a"}': {
                '.': {},
                'f:env': { 'k:{"name":"X"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
                'f:image': {},
                'f:name': {},
              },
            },
          },
        },
      },
    });
  });

  it('keeps the items and labels that others added', () => {
    const mine = apply(nothing, 'ci', {
      ...containers({ name: 'a', image: '1' }),
      metadata: { labels: { app: 'x' } },
    });
    const theirs = update(mine, 'edit', {
      ...containers({ name: 'a', image: '1' }, { name: 'side', image: 's' }),
      metadata: { labels: { app: 'x', extra: 'y' } },
    });
    const again = apply(theirs, 'ci', {
      ...containers({ name: 'a', image: '2' }),
      metadata: { labels: { app: 'x' } },
    });
    expect(again.object).toStrictEqual({
      ...containers({ name: 'a', image: '2' }, { name: 'side', image: 's' }),
      metadata: { labels: { app: 'x', extra: 'y' } },
    });
  });

  it('removes what its manager wants no longer, with the defaults in it', () => {
    const probe = { httpGet: { path: '/ready', port: 8080 } };
    const first = apply(
      nothing,
      'ci',
      containers({ name: 'a', image: '1', readinessProbe: probe }),
    );
    const defaulted = {
      ...first,
      object: containers({
        name: 'a',
        image: '1',
        readinessProbe: { ...probe, timeoutSeconds: 1 },
      }),
    };
    expect(apply(defaulted, 'ci', containers({ name: 'a', image: '1' })).object).toStrictEqual(
      containers({ name: 'a', image: '1' }),
    );
  });

  it('keeps what another manager owns too', () => {
    const first = apply(nothing, 'ci', { spec: { replicas: 3, paused: true } });
    const second = apply(first, 'ops', { spec: { replicas: 3 } });
    expect(apply(second, 'ci', { spec: {} }).object).toStrictEqual({ spec: { replicas: 3 } });
  });

  it.each([
    { by: 'Apply' as const, who: '"ops"' },
    { by: 'Update' as const, who: '"ops" using apps/v1' },
  ])('refuses to change a field that was set by $by of another manager', ({ by, who }) => {
    const first =
      by === 'Apply'
        ? apply(nothing, 'ops', { spec: { replicas: 3 } })
        : update(nothing, 'ops', { spec: { replicas: 3 } });
    expect(() => apply(first, 'ci', { spec: { replicas: 5 } })).toThrow(
      `Apply failed with 1 conflict: conflict with ${who}: .spec.replicas`,
    );
  });

  it('takes the field when forced, so that the other one conflicts from then on', () => {
    const first = apply(nothing, 'ops', { spec: { replicas: 3 } });
    const forced = applyAs({ manager: 'ci', force: true }, first, { spec: { replicas: 5 } });
    expect(forced.object).toStrictEqual({ spec: { replicas: 5 } });
    expect(owned(forced, 'ops')).toStrictEqual({});
    expect(() => apply(forced, 'ops', { spec: { replicas: 3 } })).toThrow('conflict with "ci"');
  });

  it('shares a field that it sets to the same value', () => {
    const first = apply(nothing, 'ops', { spec: { replicas: 3 } });
    const second = apply(first, 'ci', { spec: { replicas: 3 } });
    expect(owned(second, 'ops')).toStrictEqual(owned(second, 'ci'));
  });

  it('changes nothing when repeated, not even the time', () => {
    const first = apply(nothing, 'ci', containers({ name: 'a', image: '1' }));
    const again = serverSideApply({
      schemas,
      schema,
      live: first.object,
      ownerships: first.ownerships,
      config: containers({ name: 'a', image: '1' }),
      writer: { ...writer('ci'), time: '2026-02-01T00:00:00Z' },
      force: false,
    });
    expect(again).toStrictEqual(first);
  });

  it('takes a port without protocol for one with the default protocol', () => {
    const first = apply(nothing, 'ci', containers({ name: 'a', ports: [{ containerPort: 80 }] }));
    const defaulted = {
      ...first,
      object: containers({ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP' }] }),
    };
    const again = apply(
      defaulted,
      'ci',
      containers({ name: 'a', ports: [{ containerPort: 80, name: 'http' }] }),
    );
    expect(again.object).toStrictEqual(
      containers({ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }] }),
    );
  });
});
