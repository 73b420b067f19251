import { isList, isObject, type Json, type JsonObject } from '../json.js';
import type { GroupVersionKind, Schema, Schemas } from './schema.js';

/** A body that was read as its kind. */
export interface Decoded {
  readonly object: JsonObject;
  /** Paths of the members that the kind does not have; they were dropped, as a typed server drops them. */
  readonly unknownFields: readonly string[];
}

/** A member of the wrong type, in the words of Go's JSON decoder. */
export class UnmarshalError extends Error {}

/** Where the decoder stands: the path from the top, and the Go-like name of the enclosing type. */
interface Position {
  readonly path: string;
  readonly within: string;
}

const goTypes: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'bool',
  object: 'map[string]interface {}',
  array: '[]interface {}',
};
const scalars: Readonly<Record<string, (value: Json) => boolean>> = {
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
};
/** Maps and lists that are empty are not kept, as Go's `omitempty` leaves them out. */
const isEmptyCollection = (schema: Schema, value: Json): boolean =>
  (isList(value) && value.length === 0) ||
  (schema.additionalProperties !== undefined && isObject(value) && Object.keys(value).length === 0);

/**
 * Reads `body` as `kind`: checks the type of every member and drops members that the kind does not have.
 *
 * @throws {@link UnmarshalError} when a member has the wrong type.
 */
export function decode(schemas: Schemas, kind: GroupVersionKind, body: JsonObject): Decoded {
  const schema = schemas.ofKind(kind);
  if (schema === undefined) throw new TypeError(`no schema for ${kind.kind}`);
  const decoder = new Decoder(schemas);
  const object = decoder.object(schema, body, { path: '', within: kind.kind });
  return { object, unknownFields: decoder.unknownFields };
}

class Decoder {
  readonly unknownFields: string[] = [];

  constructor(private readonly schemas: Schemas) {}

  object(schema: Schema, value: JsonObject, position: Position): JsonObject {
    if (schema.properties === undefined && schema.additionalProperties === undefined) return value;
    const members: [string, Json][] = [];
    for (const [name, member] of Object.entries(value)) {
      const decoded = this.member(schema, [name, member], position);
      if (decoded !== undefined) members.push([name, decoded]);
    }
    return Object.fromEntries(members);
  }

  private member(
    schema: Schema,
    [name, value]: readonly [string, Json | undefined],
    { path, within }: Position,
  ): Json | undefined {
    const here = path === '' ? name : `${path}.${name}`;
    // Go names the field of the struct, not the key of the map.
    const shown = schema.properties === undefined ? path : here;
    const declared = this.schemas.member(schema, name);
    if (declared === undefined) {
      this.unknownFields.push(here);
      return undefined;
    }
    if (value === undefined || value === null) return undefined;
    const position = { path: shown, within: schema.goType ?? within };
    const decoded = this.value(declared, value, position);
    return isEmptyCollection(declared, decoded) ? undefined : decoded;
  }

  private value(schema: Schema, value: Json, position: Position): Json {
    if (schema.oneOf !== undefined) return this.oneOf(schema, value, position);
    if (schema.type === 'array') return this.list(schema, value, position);
    if (schema.type === 'string') return this.string(schema, value, position);
    const accepts = scalars[schema.type ?? ''];
    if (accepts !== undefined && !accepts(value)) throw this.mismatch(schema, value, position);
    if (schema.type !== 'object') return value;
    if (!isObject(value)) {
      if (schema.isLenient === true) return value;
      throw this.mismatch(schema, value, position);
    }
    return this.object(schema, value, position);
  }

  private list(schema: Schema, value: Json, position: Position): Json {
    if (!isList(value)) {
      if (schema.isLenient === true) return value;
      throw this.mismatch(schema, value, position);
    }
    const items = this.schemas.items(schema);
    if (items === undefined) return value;
    return value.map((item, index) =>
      this.value(items, item, { ...position, path: `${position.path}[${index}]` }),
    );
  }

  private string(schema: Schema, value: Json, position: Position): Json {
    if (typeof value !== 'string') throw this.mismatch(schema, value, position);
    if (schema.format === 'byte') this.checkBase64(value);
    return value;
  }

  /** `IntOrString` and `Quantity` keep what came, if it is a string or a number. */
  private oneOf(schema: Schema, value: Json, position: Position): Json {
    if (typeof value === 'string' || typeof value === 'number') {
      return schema.format === 'int-or-string' ? value : String(value);
    }
    throw this.mismatch(schema, value, position);
  }

  private checkBase64(value: string): void {
    const clean = value.replaceAll(/[\r\n]/g, '');
    const wrong = /[^A-Za-z0-9+/]/.exec(clean.replace(/={1,2}$/, ''));
    if (wrong === null && clean.length % 4 === 0) return;
    const offset = wrong?.index ?? Math.floor(clean.length / 4) * 4;
    throw new UnmarshalError(`illegal base64 data at input byte ${offset}`);
  }

  private mismatch(schema: Schema, value: Json, { path, within }: Position) {
    const found = isList(value) ? 'array' : value === null ? 'null' : typeof value;
    const json = found === 'boolean' ? 'bool' : found;
    const go =
      schema.type === 'integer'
        ? (schema.format ?? 'int')
        : (goTypes[schema.type ?? ''] ?? 'string');
    return new UnmarshalError(
      `json: cannot unmarshal ${json} into Go struct field ${within}.${path} of type ${go}`,
    );
  }
}
