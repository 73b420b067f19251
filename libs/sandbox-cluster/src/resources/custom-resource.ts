import { z } from 'zod';
import { invalidValue, type StatusCause } from '../api-status.js';
import { isObject, type Json, type JsonObject, without } from '../json.js';
import { kubeObject, type KubeObject } from '../kube-object.js';
import type { Schema } from '../openapi/schema.js';
import { resourceType, type ResourceType, scale, statusOf } from '../registry/resource-type.js';
import { ageColumn, nameColumn } from '../table/column.js';

/** A resource as a CustomResourceDefinition defines it, or as far as somebody has seen it. */
export interface CustomResource {
  readonly group: string;
  readonly version: string;
  /** Plural lower-case name, as in the path. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Default: the kind in lower case. */
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  /** Whether `/status` is written apart. */
  readonly hasStatus?: boolean;
  /** Of `/scale`, which is about `spec.replicas` and `status.replicas`. Absent: there is none. */
  readonly scale?: { readonly selectorPath?: readonly string[] };
  /**
   * `openAPIV3Schema`. Absent: nobody knows it, so objects are stored as they come: nothing is dropped, filled in or
   * refused, maps are merged by member and lists are taken whole.
   */
  readonly schema?: JsonObject;
}

const ANY = 'dev.drawbridge.sandbox.Any';
const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** The type that serves a custom resource. */
export function customResourceType(custom: CustomResource): ResourceType {
  const { schema, kind, hasStatus = false, scale: scaled } = custom;
  const rules = schema === undefined ? undefined : rulesOf(schema);
  return resourceType({
    group: custom.group,
    version: custom.version,
    resource: custom.resource,
    kind,
    singular: custom.singular ?? kind.toLowerCase(),
    namespaced: custom.namespaced,
    shortNames: custom.shortNames ?? [],
    subresources: [
      ...(hasStatus ? [statusOf(kind)] : []),
      ...(scaled === undefined ? [] : [scale]),
    ],
    ...(scaled?.selectorPath === undefined ? {} : { selectorPath: scaled.selectorPath }),
    columns: [nameColumn, ageColumn],
    isCustom: true,
    countsGenerations: true,
    hasStatus,
    ...(rules === undefined ? {} : { defaults: filledBy(rules), validate: causesOf(rules) }),
  });
}

/** The schemas by which bodies of custom resources are read, by name. */
export function customSchemas(resources: readonly CustomResource[]): ReadonlyMap<string, Schema> {
  if (resources.length === 0) return new Map();
  return new Map<string, Schema>([
    [ANY, { additionalProperties: reference(ANY) }],
    ...resources.map((custom) => [nameOf(custom), rootSchema(custom)] as const),
  ]);
}

const nameOf = ({ group, version, kind }: CustomResource): string =>
  [...group.split('.').toReversed(), version, kind].join('.');

function rootSchema({ group, version, kind, schema }: CustomResource): Schema {
  const root = schema === undefined ? { additionalProperties: reference(ANY) } : structural(schema);
  return {
    ...root,
    properties: {
      ...root.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: reference(OBJECT_META),
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  };
}

/**
 * What decoding and field ownership need of a structural schema: members that it does not have are dropped. Types are
 * checked by {@link rulesOf}, since a custom resource of the wrong type is invalid, not unreadable.
 */
function structural(schema: JsonObject): Schema {
  const { properties, additionalProperties, items } = schema;
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  const lists = ['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type'];
  return {
    ...Object.fromEntries(
      lists.flatMap((name) => (schema[name] === undefined ? [] : [[name, schema[name]]])),
    ),
    ...(schema['default'] === undefined ? {} : { default: schema['default'] }),
    ...(isObject(properties) ? { properties: eachOf(properties) } : {}),
    ...(isObject(additionalProperties)
      ? { additionalProperties: structural(additionalProperties) }
      : {}),
    ...(isOpen ? { additionalProperties: reference(ANY) } : {}),
    ...(schema['type'] === 'object' ? { type: 'object', isLenient: true } : {}),
    ...(isObject(items) ? { type: 'array', items: structural(items), isLenient: true } : {}),
  };
}

const eachOf = (properties: JsonObject): Record<string, Schema> =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      structural(isObject(value) ? value : {}),
    ]),
  );

/** Checks and defaults; `undefined` when the schema says what nobody here understands. */
function rulesOf(schema: JsonObject): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(plain(withoutServers(schema)) as z.core.JSONSchema.JSONSchema, {
      defaultTarget: 'openapi-3.0',
    });
  } catch {
    return undefined;
  }
}

/** What every object has is checked elsewhere, and in documents of the API server it is a reference. */
function withoutServers(schema: JsonObject): JsonObject {
  const { properties } = schema;
  if (!isObject(properties)) return schema;
  return { ...schema, properties: without(properties, 'apiVersion', 'kind', 'metadata') };
}

/** Patterns of a file that somebody made could run for ever, and formats are the cluster's own. */
const unread = new Set(['pattern', 'format', 'description', 'title', 'example']);

function plain(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map((item: Json) => plain(item));
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, member]) => !(unread.has(name) && typeof member === 'string'))
      .map(([name, member]) => [name, plain(member)]),
  );
}

const filledBy =
  (rules: z.ZodType) =>
  (object: KubeObject): KubeObject => {
    const filled = rules.safeParse(object);
    return filled.success && isObject(filled.data)
      ? kubeObject({ ...filled.data, metadata: object.metadata })
      : object;
  };

const causesOf =
  (rules: z.ZodType) =>
  (object: KubeObject): readonly StatusCause[] =>
    (rules.safeParse(object).error?.issues ?? []).map(({ path, message }) =>
      invalidValue(path.map(String).join('.'), '', message),
    );
