import { stringify } from 'yaml';
import {
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  objectsAt,
  stringAt,
  stringListAt,
} from '../json.js';

/** The only form in which kubectl reads OpenAPI v2, as it asks for it. */
export const swaggerProtobufType = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

/** The same in the answer, where an `@` would not be a valid media type. */
export const swaggerProtobufContentType = swaggerProtobufType.replace('@', '.');

/**
 * Encodes an OpenAPI v2 document as `openapi.v2.Document` of gnostic: the parts that kubectl reads, which are
 * the schemas and the query parameters and kinds of operations.
 */
export function swaggerProtobuf(document: JsonObject): Buffer {
  const info = objectAt(document, 'info');
  return message(
    text(1, stringAt(document, 'swagger')),
    embedded(2, message(text(1, stringAt(info, 'title')), text(2, stringAt(info, 'version')))),
    embedded(8, message(...named(2, objectAt(document, 'paths'), pathItem))),
    embedded(9, message(...named(1, objectAt(document, 'definitions'), schema))),
  );
}

const operations = { get: 2, put: 3, post: 4, delete: 5, patch: 8 };

function pathItem(path: JsonObject): Buffer {
  const parts = Object.entries(operations).map(([method, number]) =>
    isObject(path[method]) ? embedded(number, operation(objectAt(path, method))) : nothing,
  );
  return message(...parts);
}

function operation(value: JsonObject): Buffer {
  return message(
    text(5, stringAt(value, 'operationId')),
    ...objectsAt(value, 'parameters').map((parameter) => embedded(8, queryParameter(parameter))),
    ...extensions(13, value),
  );
}

/** A parameter is wrapped three times: in its item, its kind and its place. */
function queryParameter(parameter: JsonObject): Buffer {
  const subSchema = message(
    text(2, 'query'),
    text(4, stringAt(parameter, 'name')),
    text(6, stringAt(parameter, 'type')),
  );
  return embedded(1, embedded(2, embedded(3, subSchema)));
}

function schema(value: JsonObject): Buffer {
  const items = objectAt(value, 'items');
  const values = objectAt(value, 'additionalProperties');
  return message(
    text(1, stringAt(value, '$ref')),
    text(2, stringAt(value, 'format')),
    text(4, stringAt(value, 'description')),
    ...stringListAt(value, 'required').map((name) => text(19, name)),
    'additionalProperties' in value ? embedded(21, embedded(1, schema(values))) : nothing,
    'type' in value ? embedded(22, text(1, stringAt(value, 'type'))) : nothing,
    'items' in value ? embedded(23, embedded(1, schema(items))) : nothing,
    ...listAt(value, 'allOf').map((part) => embedded(24, schema(isObject(part) ? part : {}))),
    'properties' in value
      ? embedded(25, message(...named(1, objectAt(value, 'properties'), schema)))
      : nothing,
    ...extensions(31, value),
  );
}

/** Members whose names start with `x-`, as YAML in an `Any`. */
function extensions(number: number, value: JsonObject): readonly Buffer[] {
  return Object.entries(value)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, extension]) =>
      embedded(number, message(text(1, name), embedded(2, text(2, yaml(extension))))),
    );
}

function yaml(value: Json | undefined): string {
  return stringify(value ?? null);
}

/** A map is a repeated message of name (1) and value (2). */
function named(
  number: number,
  members: JsonObject,
  encode: (value: JsonObject) => Buffer,
): readonly Buffer[] {
  return Object.entries(members).map(([name, value]) =>
    embedded(number, message(text(1, name), embedded(2, encode(isObject(value) ? value : {})))),
  );
}

const nothing = Buffer.alloc(0);

function message(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts);
}

function text(number: number, value: string | undefined): Buffer {
  return value === undefined ? nothing : embedded(number, Buffer.from(value, 'utf8'));
}

/** A length-delimited field. */
function embedded(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
