import type { ManagedFieldsEntry } from '../kube-object.js';
import { type FieldSet, formatFields, parseFields } from './field-set.js';
import type { FieldChanges } from './object-fields.js';

/** Who writes, by what operation, through which subresource. */
export interface FieldWriter {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** When, in the format of `metadata` timestamps. */
  readonly time: string;
}

/** One entry of `metadata.managedFields` with its paths parsed. */
export interface Ownership {
  readonly entry: Omit<ManagedFieldsEntry, 'fieldsV1' | 'fieldsType'>;
  readonly fields: FieldSet;
}

/** Parses `metadata.managedFields`. */
export function parseOwnerships(
  entries: readonly ManagedFieldsEntry[] | undefined,
): readonly Ownership[] {
  return (entries ?? []).map(({ manager, operation, apiVersion, time, subresource, fieldsV1 }) => ({
    entry: {
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      ...(subresource === undefined ? {} : { subresource }),
    },
    fields: parseFields(fieldsV1),
  }));
}

/** Writes `metadata.managedFields`; who owns nothing any more is left out. */
export function formatOwnerships(
  ownerships: readonly Ownership[],
): readonly ManagedFieldsEntry[] | undefined {
  const entries = ownerships
    .filter(({ fields }) => fields.size > 0)
    .toSorted((a, b) => compareText(sortKey(a), sortKey(b)))
    .map(({ entry, fields }) => ({
      manager: entry.manager,
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      ...(entry.time === undefined ? {} : { time: entry.time }),
      fieldsType: 'FieldsV1',
      fieldsV1: formatFields(fields),
      ...(entry.subresource === undefined ? {} : { subresource: entry.subresource }),
    }));
  return entries.length === 0 ? undefined : entries;
}

/** Appliers come first, then by time and name, so that a write that changes nothing looks the same. */
function sortKey({ entry }: Ownership): string {
  const { operation, time = '', manager, apiVersion, subresource = '' } = entry;
  return [operation, time, manager, apiVersion, subresource].join('\n');
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** True if the entry is the writer's own. */
export function isOwn({ entry }: Ownership, writer: FieldWriter): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === writer.operation &&
    (entry.subresource ?? '') === writer.subresource &&
    // An applier stays the same one when it moves to another version of the API.
    (writer.operation === 'Apply' || entry.apiVersion === writer.apiVersion)
  );
}

/** Ownership after a create, update or patch: the writer takes what it wrote, removed fields are nobody's. */
export function afterUpdate(
  ownerships: readonly Ownership[],
  changes: FieldChanges,
  writer: FieldWriter,
): readonly Ownership[] {
  const own = ownerships.find((ownership) => isOwn(ownership, writer));
  const others = ownerships
    .filter((ownership) => ownership !== own)
    .map((ownership) => ({
      ...ownership,
      fields: ownership.fields.difference(changes.written).difference(changes.removed),
    }));
  const fields = (own?.fields ?? new Set<string>())
    .difference(changes.removed)
    .union(changes.written);
  const entry = changes.written.size === 0 && own !== undefined ? own.entry : entryOf(writer);
  return [...others, { entry, fields }];
}

/** The entry of a writer. */
export function entryOf(writer: FieldWriter): Ownership['entry'] {
  const { manager, operation, apiVersion, time, subresource } = writer;
  return { manager, operation, apiVersion, time, ...(subresource === '' ? {} : { subresource }) };
}

/** The manager that a request without `fieldManager` stands for: the first part of its user agent. */
export function defaultManager(userAgent: string | undefined): string {
  const name = (userAgent ?? '').split('/')[0] ?? '';
  return name === '' ? 'unknown' : name.slice(0, 128);
}
