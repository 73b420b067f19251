import { createHash } from 'node:crypto';
import type { AcceptEntry } from '../http/negotiation.js';
import { notAcceptable } from '../api-status.js';
import type { JsonObject } from '../json.js';
import type { ResourceType } from '../registry/resource-type.js';
import { catalogue } from '../resources/catalogue.js';
import { kubernetesSchemas } from './schema.js';
import {
  swaggerProtobuf,
  swaggerProtobufContentType,
  swaggerProtobufType,
} from './swagger-protobuf.js';

const version = 'v1';
const groups = [...new Set(catalogue.map(({ group }) => group))];
const pathOf = (group: string): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`;
const json = 'application/json';
const acceptsJson = [json, '*/*', 'application/*'];

/** An OpenAPI answer, ready to be sent. */
export interface OpenApiAnswer {
  readonly body: Buffer;
  readonly contentType: string;
}

const answers = new Map<string, OpenApiAnswer>();

/**
 * Answers `/openapi/v3` and its documents as JSON, and `/openapi/v2` as JSON or protobuf.
 *
 * @returns `undefined` for any other path.
 * @throws {@link ApiStatus} 406 when the client wants something else.
 */
export function openApiDocument(
  path: string,
  accept: readonly AcceptEntry[],
): OpenApiAnswer | undefined {
  const build = documentAt(path);
  if (build === undefined) return undefined;
  const produced = path === '/openapi/v2' ? [...acceptsJson, swaggerProtobufType] : acceptsJson;
  const wanted = accept.find(({ mediaType }) => produced.includes(mediaType))?.mediaType;
  if (wanted === undefined) throw notAcceptable(['application/json', swaggerProtobufType]);
  const contentType = wanted === swaggerProtobufType ? swaggerProtobufContentType : json;
  const key = `${contentType} ${path}`;
  const known = answers.get(key) ?? { body: encode(build(), contentType), contentType };
  answers.set(key, known);
  return known;
}

function encode(document: JsonObject, contentType: string): Buffer {
  if (contentType === swaggerProtobufContentType) return swaggerProtobuf(document);
  return Buffer.from(JSON.stringify(document));
}

function documentAt(path: string): (() => JsonObject) | undefined {
  if (path === '/openapi/v3') return index;
  if (path === '/openapi/v2') return swagger;
  const group = groups.find((candidate) => path === `/openapi/v3/${pathOf(candidate)}`);
  return group === undefined ? undefined : () => groupDocument(group);
}

function index(): JsonObject {
  const paths = groups.map((group) => {
    const hash = createHash('sha512')
      .update(JSON.stringify(groupDocument(group)))
      .digest('hex');
    const url = `/openapi/v3/${pathOf(group)}?hash=${hash.toUpperCase()}`;
    return [pathOf(group), { serverRelativeURL: url }] as const;
  });
  return { paths: Object.fromEntries(paths) };
}

const info = { title: 'Kubernetes', version: 'unversioned' };

function groupDocument(group: string): JsonObject {
  const types = catalogue.filter((type) => type.group === group);
  return {
    openapi: '3.0.0',
    info,
    paths: Object.fromEntries(types.flatMap((type) => pathsOf(type, 'v3'))),
    components: { schemas: schemasFor(types) },
  };
}

const schemaReference = /"#\/components\/schemas\/([^"]+)"/g;

/** The schemas of some kinds with everything they refer to. */
function schemasFor(types: readonly ResourceType[]): JsonObject {
  const { byName } = kubernetesSchemas();
  const kept = new Map<string, JsonObject>();
  const keep = (name: string): void => {
    const schema = byName.get(name);
    if (schema === undefined || kept.has(name)) return;
    const text = JSON.stringify(schema);
    // The file holds JSON, so what is read back is JSON.
    kept.set(name, JSON.parse(text) as JsonObject);
    for (const [, next = ''] of text.matchAll(schemaReference)) keep(next);
  };
  const wanted = new Set(types.map(({ kind }) => kind));
  for (const [name, schema] of byName) {
    const kinds = schema['x-kubernetes-group-version-kind'] ?? [];
    const group = types[0]?.group ?? '';
    if (kinds.some((kind) => kind.group === group && wanted.has(kind.kind.replace(/List$/, '')))) {
      keep(name);
    }
  }
  return Object.fromEntries(kept);
}

const patchParameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'];

function pathsOf(type: ResourceType, dialect: 'v2' | 'v3'): readonly [string, JsonObject][] {
  const place = type.namespaced ? 'namespaces/{namespace}/' : '';
  const collection = `/${pathOf(type.group)}/${place}${type.resource}`;
  return [
    [collection, { get: operation(type, dialect, 'list'), post: operation(type, dialect, 'post') }],
    [
      `${collection}/{name}`,
      {
        get: operation(type, dialect, 'get'),
        put: operation(type, dialect, 'put'),
        patch: operation(type, dialect, 'patch'),
        delete: operation(type, dialect, 'delete'),
      },
    ],
  ];
}

function operation(type: ResourceType, dialect: 'v2' | 'v3', action: string): JsonObject {
  const { group, kind } = type;
  const parameters = ['post', 'put', 'patch'].includes(action) ? patchParameters : [];
  const typed = dialect === 'v3' ? { schema: { type: 'string' } } : { type: 'string' };
  return {
    operationId: `${action}${group}${version}${kind}`,
    parameters: parameters.map((name) => ({ name, in: 'query', ...typed })),
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}

/** The same as one OpenAPI v2 document, in which references and patch hints stand in the fields. */
function swagger(): JsonObject {
  const definitions = JSON.stringify(Object.fromEntries(kubernetesSchemas().byName))
    .replaceAll(/"allOf":\[\{"\$ref":("[^"]+")\}\]/g, '"$ref":$1')
    // Version 2 has no unions: quantities and int-or-string are strings there.
    .replaceAll(/"oneOf":\[\{[^\]]*\]/g, '"type":"string"')
    .replaceAll('#/components/schemas/', '#/definitions/');
  return {
    swagger: '2.0',
    info,
    paths: Object.fromEntries(catalogue.flatMap((type) => pathsOf(type, 'v2'))),
    // The text was JSON before and after the replacements.
    definitions: JSON.parse(definitions) as JsonObject,
  };
}
