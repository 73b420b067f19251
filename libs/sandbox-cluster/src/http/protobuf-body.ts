import { badRequest, unsupportedMediaType } from '../api-status.js';
import { isList, isObject, type Json, type JsonObject } from '../json.js';
import type { ProtobufField, ProtobufMessages } from '../openapi/protobuf-messages.js';
import type { Schemas } from '../openapi/schema.js';

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** What it takes to read a protobuf body: field numbers by message, and message names by kind. */
export interface ProtobufKinds {
  readonly messages: ProtobufMessages;
  readonly schemas: Schemas;
}

/**
 * Reads a body that a typed Go client (such as `kubectl create deployment`) sent as protobuf.
 *
 * The body is an envelope, `runtime.Unknown`: type information in field 1, the object in field 2.
 *
 * @throws {@link ApiStatus} 400 for a broken message, 415 for a kind the sandbox does not serve.
 */
export function decodeProtobuf({ messages, schemas }: ProtobufKinds, body: Buffer): JsonObject {
  if (!body.subarray(0, 4).equals(magic)) throw badRequest('the body is not a Kubernetes protobuf');
  const envelope = readFields(body.subarray(4));
  const typeMeta = new Map(readFields(bytesOf(envelope, 1)).map((field) => [field.number, field]));
  const text = (number: number): string => typeMeta.get(number)?.value.toString() ?? '';
  const [apiVersion, kind] = [text(1), text(2)];
  const name =
    kind === 'DeleteOptions' ? `${metaV1}DeleteOptions` : nameOf(schemas, apiVersion, kind);
  if (name === undefined) throw unsupportedMediaType();
  return { kind, apiVersion, ...new Reader(messages).message(name, bytesOf(envelope, 2)) };
}

function nameOf(schemas: Schemas, apiVersion: string, kind: string): string | undefined {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return schemas.nameOfKind({ group, version, kind });
}

interface WireField {
  readonly number: number;
  readonly value: number | bigint | Buffer;
}

function bytesOf(fields: readonly WireField[], number: number): Buffer {
  const value = fields.find((field) => field.number === number)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

/** Types whose JSON is not an object with their fields as members. */
const special: Readonly<Record<string, (fields: JsonObject) => Json | undefined>> = {
  [`${metaV1}Time`]: (fields) => instant(fields, 0),
  [`${metaV1}MicroTime`]: (fields) => instant(fields, 6),
  [`${metaV1}FieldsV1`]: ({ Raw }) => embedded(Raw),
  'io.k8s.apimachinery.pkg.runtime.RawExtension': ({ raw }) => embedded(raw),
  'io.k8s.apimachinery.pkg.api.resource.Quantity': ({ string }) => string ?? '0',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': ({ type, intVal, strVal }) =>
    type === 1 ? (strVal ?? '') : (intVal ?? 0),
};

function instant({ seconds, nanos }: JsonObject, digits: number): Json | undefined {
  if (typeof seconds !== 'number') return undefined;
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (digits === 0) return `${whole}Z`;
  const fraction = Math.floor(Number(nanos ?? 0) / 10 ** (9 - digits));
  return `${whole}.${String(fraction).padStart(digits, '0')}Z`;
}

/** JSON inside protobuf, as base64. */
function embedded(raw: Json | undefined): Json | undefined {
  if (typeof raw !== 'string') return undefined;
  try {
    // JSON.parse yields nothing but JSON values.
    return JSON.parse(Buffer.from(raw, 'base64').toString('utf8')) as Json;
  } catch {
    throw badRequest('the protobuf body holds JSON that cannot be read');
  }
}

class Reader {
  constructor(private readonly messages: ProtobufMessages) {}

  message(name: string, bytes: Buffer): JsonObject {
    const fields = this.messages.get(name) ?? new Map<number, ProtobufField>();
    const members = new Map<string, Json>();
    for (const { number, value } of readFields(bytes)) {
      const field = fields.get(number);
      if (field !== undefined) this.field(members, field, value);
    }
    return Object.fromEntries(members);
  }

  private field(
    members: Map<string, Json>,
    { member, type, label }: ProtobufField,
    wire: WireField['value'],
  ): void {
    if (label === 'map') {
      const before = members.get(member);
      members.set(member, { ...(isObject(before) ? before : {}), ...this.entry(type, wire) });
      return;
    }
    const value = this.value(type, wire);
    if (value === undefined) return;
    if (label === 'repeated') {
      const before = members.get(member);
      members.set(member, [...(isList(before) ? before : []), value]);
    } else if (label === 'inline' && isObject(value)) {
      Object.entries(value).forEach(([name, part]) => members.set(name, part ?? null));
    } else if (label === 'pointer' || !isZero(value)) {
      members.set(member, value);
    }
  }

  /** One entry of a map is a message: key in field 1, value in field 2. */
  private entry(type: string, wire: WireField['value']): JsonObject {
    const parts = readFields(Buffer.isBuffer(wire) ? wire : Buffer.alloc(0));
    const value = parts.find(({ number }) => number === 2)?.value ?? Buffer.alloc(0);
    return { [bytesOf(parts, 1).toString('utf8')]: this.value(type, value) };
  }

  private value(type: string, wire: WireField['value']): Json | undefined {
    if (!Buffer.isBuffer(wire)) return type === 'bool' ? Number(wire) === 1 : Number(wire);
    if (type === 'string') return wire.toString('utf8');
    if (type === 'bytes') return wire.toString('base64');
    const fields = this.message(type, wire);
    return Object.hasOwn(special, type) ? special[type]?.(fields) : fields;
  }
}

/** Go writes the zero values of fields that are not pointers; its JSON leaves them out. */
function isZero(value: Json): boolean {
  return value === '' || value === 0 || value === false;
}

/** Splits a message into its fields; Kubernetes uses varints, doubles and length-delimited fields. */
function readFields(bytes: Buffer): readonly WireField[] {
  const cursor = new Cursor(bytes);
  const fields: WireField[] = [];
  while (!cursor.isAtEnd) {
    const tag = Number(cursor.varint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        fields.push({ number, value: BigInt.asIntN(64, cursor.varint()) });
        break;
      case 1:
        fields.push({ number, value: cursor.take(8).readDoubleLE() });
        break;
      case 2:
        fields.push({ number, value: cursor.take(Number(cursor.varint())) });
        break;
      default:
        throw badRequest(`the protobuf body has an unknown wire type ${tag % 8}`);
    }
  }
  return fields;
}

class Cursor {
  private offset = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.offset >= this.bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.take(1).readUInt8(0);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw badRequest('the protobuf body has a number that is too long');
  }

  take(length: number): Buffer {
    const end = this.offset + length;
    if (!(end <= this.bytes.length)) throw badRequest('the protobuf body ends within a field');
    const taken = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }
}
