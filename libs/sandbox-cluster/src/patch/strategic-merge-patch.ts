import { badRequest, unforeseen } from '../api-status.js';
import {
  isList,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  stringAt,
  without,
} from '../json.js';
import type { Schema, Schemas } from '../openapi/schema.js';
import { inElementOrder } from './element-order.js';

const deleteFromList = '$deleteFromPrimitiveList/';
const setOrder = '$setElementOrder/';

/**
 * Strategic merge patch: a merge patch in which the schema says which lists are merged and by what key,
 * with the directives `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…` and `$setElementOrder/…`.
 *
 * @throws {@link ApiStatus} 500 for a directive that does not exist (the API server's choice), 400 for an item without its merge key.
 */
export function strategicMergePatch(
  { schemas, schema }: { readonly schemas: Schemas; readonly schema: Schema },
  target: JsonObject,
  patch: JsonObject,
): JsonObject {
  return new StrategicMerge(schemas).object(schema, target, patch);
}

interface ListStrategy {
  readonly merges: boolean;
  readonly key: string | undefined;
}

class StrategicMerge {
  constructor(private readonly schemas: Schemas) {}

  object(schema: Schema | undefined, target: JsonObject, patch: JsonObject): JsonObject {
    const directive = patch['$patch'];
    if (directive === 'replace') return without(patch, '$patch');
    if (directive === 'delete') return {};
    refuseUnknownDirective(patch);
    const merged = new Map<string, Json | undefined>(Object.entries(retained(target, patch)));
    this.deletePrimitives(merged, patch);
    for (const [name, change] of Object.entries(patch)) {
      if (change === undefined || name.startsWith('$')) continue;
      if (change === null) merged.delete(name);
      else
        merged.set(name, this.value(this.schemas.member(schema, name), merged.get(name), change));
    }
    this.reorder({ schema, target, merged }, patch);
    return Object.fromEntries(merged);
  }

  private value(schema: Schema | undefined, target: Json | undefined, change: Json): Json {
    if (isObject(change)) {
      const replaces = schema?.['x-kubernetes-patch-strategy'] === 'replace';
      return this.object(schema, isObject(target) && !replaces ? target : {}, change);
    }
    if (!isList(change)) return change;
    const strategy = strategyOf(schema);
    if (!strategy.merges) return change;
    const items = this.schemas.items(schema);
    return this.list({ items, key: strategy.key }, isList(target) ? target : [], change);
  }

  private list(
    { items, key }: { readonly items: Schema | undefined; readonly key: string | undefined },
    target: readonly Json[],
    changes: readonly Json[],
  ): readonly Json[] {
    if (changes.some((change) => isObject(change) && change['$patch'] === 'replace')) {
      return changes.filter((change) => !isObject(change) || change['$patch'] !== 'replace');
    }
    if (key === undefined) return [...new Set([...target, ...changes])];
    const merged = [...target];
    for (const change of changes) {
      if (!isObject(change)) throw badRequest(`a list that is merged by ${key} holds only objects`);
      this.item({ items, key, merged }, change);
    }
    return merged;
  }

  private item(
    { items, key, merged }: { items: Schema | undefined; key: string; merged: Json[] },
    change: JsonObject,
  ): void {
    const value = change[key];
    if (value === undefined) {
      throw badRequest(
        `map: ${JSON.stringify(change)} does not contain declared merge key: ${key}`,
      );
    }
    const index = merged.findIndex((item) => isObject(item) && item[key] === value);
    const current = merged[index];
    if (change['$patch'] === 'delete') {
      if (index >= 0) merged.splice(index, 1);
    } else if (index >= 0 && isObject(current)) {
      const next = this.object(items, current, change);
      merged[index] = change['$patch'] === 'replace' ? without(change, '$patch') : next;
    } else {
      merged.push(this.object(items, {}, change));
    }
  }

  private deletePrimitives(merged: Map<string, Json | undefined>, patch: JsonObject): void {
    for (const [name, values] of Object.entries(patch)) {
      if (!name.startsWith(deleteFromList) || !isList(values)) continue;
      const field = name.slice(deleteFromList.length);
      const current = merged.get(field);
      if (isList(current))
        merged.set(
          field,
          current.filter((item) => !values.includes(item)),
        );
    }
  }

  private reorder(
    {
      schema,
      target,
      merged,
    }: { schema: Schema | undefined; target: JsonObject; merged: Map<string, Json | undefined> },
    patch: JsonObject,
  ): void {
    for (const [name, order] of Object.entries(patch)) {
      if (!name.startsWith(setOrder) || !isList(order)) continue;
      const field = name.slice(setOrder.length);
      const current = merged.get(field);
      if (!isList(current)) continue;
      const { key } = strategyOf(this.schemas.member(schema, field));
      merged.set(field, inElementOrder(current, { order, before: listAt(target, field), key }));
    }
  }
}

function refuseUnknownDirective(patch: JsonObject): void {
  if (patch['$patch'] === undefined || patch['$patch'] === 'merge') return;
  const directive = stringAt(patch, '$patch') ?? '';
  throw unforeseen(`unknown patch type: ${directive} in map: map[$patch:${directive}]`);
}

function strategyOf(schema: Schema | undefined): ListStrategy {
  const strategies = (schema?.['x-kubernetes-patch-strategy'] ?? '').split(',');
  return { merges: strategies.includes('merge'), key: schema?.['x-kubernetes-patch-merge-key'] };
}

/** `$retainKeys` removes every member that is not named: a union changes its kind this way. */
function retained(target: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch['$retainKeys'];
  if (!isList(keys)) return target;
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$') || value === null || keys.includes(name)) continue;
    throw badRequest(`no retained key ${name} in $retainKeys`);
  }
  return Object.fromEntries(Object.entries(target).filter(([name]) => keys.includes(name)));
}
