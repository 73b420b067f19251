import { applyConflict, type StatusCause } from '../api-status.js';
import { isList, isObject, type Json, type JsonObject } from '../json.js';
import type { Schema, Schemas } from '../openapi/schema.js';
import { displayPath, type FieldSet, separator } from './field-set.js';
import { entryOf, type FieldWriter, isOwn, type Ownership } from './managed-fields.js';
import {
  fieldChanges,
  fieldsOf,
  isAtomicMap,
  itemElement,
  listKind,
  type ObjectFields,
  valueElement,
} from './object-fields.js';

interface Apply {
  readonly schemas: Schemas;
  readonly schema: Schema;
  readonly live: JsonObject;
  readonly ownerships: readonly Ownership[];
  /** What the manager wants, without the parts that the request may not set. */
  readonly config: JsonObject;
  readonly writer: FieldWriter;
  readonly force: boolean;
}

/** The outcome of an apply. */
export interface Applied {
  readonly object: JsonObject;
  readonly ownerships: readonly Ownership[];
}

/**
 * Server-side apply: merges what the manager wants into the live object, removes what it wanted before and
 * no longer does, and moves ownership.
 *
 * @throws {@link ApiStatus} 409 with a cause per field when another manager owns a field whose value would
 *   change, unless `force`.
 */
export function serverSideApply(apply: Apply): Applied {
  const { schemas, schema, live, config, writer, ownerships } = apply;
  const wanted = appliedFields(fieldsOf(schemas, schema, config));
  const own = ownerships.find((ownership) => isOwn(ownership, writer));
  const others = ownerships.filter((ownership) => ownership !== own);
  const merged = new Merger(schemas).members(schema, live, config);
  const abandoned = abandonedFields({ own, others, wanted });
  const object = new Pruner(schemas, abandoned).members(schema, merged, '');

  const changes = fieldChanges(fieldsOf(schemas, schema, live), fieldsOf(schemas, schema, object));
  if (!apply.force) refuseConflicts(others, changes.written);
  const remaining = others.map((ownership) => ({
    ...ownership,
    fields: ownership.fields.difference(changes.written).difference(changes.removed),
  }));
  const isRepeated =
    own !== undefined && changes.written.size === 0 && sameFields(own.fields, wanted);
  const entry = isRepeated ? own.entry : entryOf(writer);
  return { object, ownerships: [...remaining, { entry, fields: wanted }] };
}

function sameFields(left: FieldSet, right: FieldSet): boolean {
  return left.symmetricDifference(right).size === 0;
}

/** What an applier owns: as listed, but a map counts only through its members. */
function appliedFields(fields: ObjectFields): FieldSet {
  const paths = [...fields.keys()].sort();
  return new Set(
    paths.filter((path, index) => {
      const isItem = (path.split(separator).at(-1) ?? '').startsWith('k:');
      return isItem || !(paths[index + 1] ?? '').startsWith(`${path}${separator}`);
    }),
  );
}

interface Claims {
  readonly own: Ownership | undefined;
  readonly others: readonly Ownership[];
  readonly wanted: FieldSet;
}

/**
 * What the manager owned, wants no longer and nobody else owns. A container goes too when nothing that is
 * owned is left in it: a probe leaves no defaults behind.
 */
function abandonedFields({ own, others, wanted }: Claims): FieldSet {
  const kept = others.reduce<FieldSet>((all, { fields }) => all.union(fields), wanted);
  return withContainers(own?.fields ?? new Set()).difference(withContainers(kept));
}

/** A set with every path above its members, down from the parts of the object (`spec`, `metadata`). */
function withContainers(paths: FieldSet): FieldSet {
  const all = new Set(paths);
  for (const path of paths) {
    const elements = path.split(separator);
    for (let length = elements.length - 1; length > 1; length -= 1) {
      all.add(elements.slice(0, length).join(separator));
    }
  }
  return all;
}

function refuseConflicts(others: readonly Ownership[], written: FieldSet): void {
  const conflicts = others
    .map(({ entry, fields }) => ({ entry, fields: [...fields.intersection(written)].sort() }))
    .filter(({ fields }) => fields.length > 0);
  const causes = conflicts.flatMap(({ entry, fields }) =>
    fields.map((path): StatusCause => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${who(entry)}`,
      field: displayPath(path),
    })),
  );
  if (causes.length === 0) return;
  const [only] = causes;
  if (causes.length === 1 && only !== undefined) {
    throw applyConflict(`Apply failed with 1 conflict: ${only.message}: ${only.field}`, causes);
  }
  const lines = conflicts.flatMap(({ entry, fields }) => [
    `conflicts with ${who(entry)}:`,
    ...fields.map((path) => `- ${displayPath(path)}`),
  ]);
  throw applyConflict(`Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`, causes);
}

function who({ manager, subresource, operation, apiVersion }: Ownership['entry']): string {
  const through = subresource === undefined ? '' : ` with subresource "${subresource}"`;
  return `"${manager}"${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}

/** Lays the wanted values over the live ones, list by list as the schema says. */
class Merger {
  constructor(private readonly schemas: Schemas) {}

  members(schema: Schema, live: JsonObject, wanted: JsonObject): JsonObject {
    const merged = Object.entries(wanted).map(([name, value]) => {
      const member = this.schemas.member(schema, name);
      return [
        name,
        value === undefined ? undefined : this.value(member, live[name], value),
      ] as const;
    });
    return { ...live, ...Object.fromEntries(merged) };
  }

  private value(schema: Schema | undefined, live: Json | undefined, wanted: Json): Json {
    if (isObject(wanted) && isObject(live) && schema !== undefined && !isAtomicMap(schema)) {
      return this.members(schema, live, wanted);
    }
    if (isList(wanted) && isList(live)) return this.list(schema, live, wanted);
    return wanted;
  }

  private list(schema: Schema | undefined, live: readonly Json[], wanted: readonly Json[]): Json {
    const kind = listKind(schema);
    if (kind.type === 'atomic') return wanted;
    const items = this.schemas.items(schema);
    const key = (item: Json) =>
      kind.type === 'map' ? itemElement(kind.keys, item, items) : valueElement(item);
    const byKey = new Map(wanted.map((item) => [key(item), item]));
    const kept = live.map((item) => {
      const change = byKey.get(key(item));
      byKey.delete(key(item));
      return change === undefined ? item : this.value(items, item, change);
    });
    return [...kept, ...byKey.values()];
  }
}

/** Takes abandoned fields out of an object. */
class Pruner {
  constructor(
    private readonly schemas: Schemas,
    private readonly abandoned: FieldSet,
  ) {}

  members(schema: Schema, object: JsonObject, path: string): JsonObject {
    const kept: [string, Json][] = [];
    for (const [name, value] of Object.entries(object)) {
      const here = path === '' ? `f:${name}` : `${path}${separator}f:${name}`;
      if (value === undefined || this.abandoned.has(here)) continue;
      kept.push([name, this.value(this.schemas.member(schema, name), value, here)]);
    }
    return Object.fromEntries(kept);
  }

  private value(schema: Schema | undefined, value: Json, path: string): Json {
    if (isObject(value) && schema !== undefined && !isAtomicMap(schema)) {
      return this.members(schema, value, path);
    }
    const kind = listKind(schema);
    if (!isList(value) || kind.type === 'atomic') return value;
    const items = this.schemas.items(schema);
    return value.flatMap((item) => {
      const element =
        kind.type === 'map' ? itemElement(kind.keys, item, items) : valueElement(item);
      const here = `${path}${separator}${element}`;
      return this.abandoned.has(here) ? [] : [this.value(items, item, here)];
    });
  }
}
