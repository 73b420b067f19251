import { equal, isList, isObject, type Json, type JsonObject } from '../json.js';
import type { Schema, Schemas } from '../openapi/schema.js';
import { childPath, type FieldSet } from './field-set.js';

/** Every field of an object by path: leaves with their value, containers that count as fields as `{}`. */
export type ObjectFields = ReadonlyMap<string, Json>;

/** Fields the server owns; no manager does. */
const unowned = new Set([
  'f:apiVersion',
  'f:kind',
  ...[
    ...['name', 'namespace', 'creationTimestamp', 'uid', 'resourceVersion', 'generation'],
    ...['managedFields', 'selfLink', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
  ].map((name) => childPath('f:metadata', `f:${name}`)),
]);

/** How a list is merged: as a whole, by key, or as a set of scalars. */
export type ListKind =
  | { readonly type: 'atomic' }
  | { readonly type: 'set' }
  | { readonly type: 'map'; readonly keys: readonly string[] };

/** How server-side apply treats lists of this schema. */
export function listKind(schema: Schema | undefined): ListKind {
  const keys = schema?.['x-kubernetes-list-map-keys'];
  if (schema?.['x-kubernetes-list-type'] === 'map' && keys !== undefined) {
    return { type: 'map', keys };
  }
  return { type: schema?.['x-kubernetes-list-type'] === 'set' ? 'set' : 'atomic' };
}

/** True if server-side apply takes the value as one piece. */
export function isAtomicMap(schema: Schema | undefined): boolean {
  if (schema === undefined || schema['x-kubernetes-map-type'] === 'atomic') return true;
  return schema.properties === undefined && schema.additionalProperties === undefined;
}

/** The path element of an item in a list that is merged by key. An absent key has its schema's default. */
export function itemElement(
  keys: readonly string[],
  item: Json,
  itemSchema: Schema | undefined,
): string {
  const values = keys
    .map((key) => [key, isObject(item) ? (item[key] ?? defaultOf(itemSchema, key)) : null] as const)
    .filter(([, value]) => value !== undefined);
  return `k:${JSON.stringify(Object.fromEntries(values))}`;
}

function defaultOf(schema: Schema | undefined, key: string): Json | undefined {
  const value = schema?.properties?.[key]?.default;
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

/** The element of an item in a list that is a set of scalars. */
export function valueElement(item: Json): string {
  return `v:${JSON.stringify(item)}`;
}

/** Lists the fields of `object`, without those that belong to the server. */
export function fieldsOf(schemas: Schemas, schema: Schema, object: JsonObject): ObjectFields {
  const fields = new Map<string, Json>();
  new FieldWalker(schemas, fields).members(schema, object, '');
  for (const path of unowned) fields.delete(path);
  return fields;
}

class FieldWalker {
  constructor(
    private readonly schemas: Schemas,
    private readonly fields: Map<string, Json>,
  ) {}

  members(schema: Schema, object: JsonObject, path: string): void {
    for (const [name, value] of Object.entries(object)) {
      if (value === undefined) continue;
      this.value(this.schemas.member(schema, name), value, childPath(path, `f:${name}`));
    }
  }

  private value(schema: Schema | undefined, value: Json, path: string): void {
    if (isObject(value) && !isAtomicMap(schema) && schema !== undefined) {
      const isMap = schema.additionalProperties !== undefined;
      if (isMap || Object.keys(value).length === 0) this.fields.set(path, {});
      this.members(schema, value, path);
    } else if (isList(value)) {
      this.list(schema, value, path);
    } else {
      this.fields.set(path, value);
    }
  }

  private list(schema: Schema | undefined, items: readonly Json[], path: string): void {
    const kind = listKind(schema);
    if (kind.type === 'atomic') {
      this.fields.set(path, items);
      return;
    }
    const itemSchema = this.schemas.items(schema);
    for (const item of items) {
      if (kind.type === 'set') {
        this.fields.set(childPath(path, valueElement(item)), item);
      } else if (isObject(item) && itemSchema !== undefined) {
        const itemPath = childPath(path, itemElement(kind.keys, item, itemSchema));
        this.fields.set(itemPath, {});
        this.members(itemSchema, item, itemPath);
      }
    }
  }
}

/** What differs between two states of an object. */
export interface FieldChanges {
  /** Added or given another value. */
  readonly written: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two states of an object field by field. */
export function fieldChanges(before: ObjectFields, after: ObjectFields): FieldChanges {
  const written = [...after].filter(
    ([path, value]) => !before.has(path) || !equal(before.get(path), value),
  );
  const removed = [...before.keys()].filter((path) => !after.has(path));
  return { written: new Set(written.map(([path]) => path)), removed: new Set(removed) };
}
