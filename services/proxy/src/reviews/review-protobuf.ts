import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { SelfReviewKind } from '../domain/self-review.js';

/** Stands before every object that Kubernetes writes as protobuf. */
const MAGIC = Buffer.from('k8s\0');

/** Numbers of the fields, from the `generated.proto` files of Kubernetes. */
const unknown = { typeMeta: 1, raw: 2, contentEncoding: 3 };
const typeMeta = { apiVersion: 1, kind: 2 };
const SPEC = 2;
const accessSpec = { resourceAttributes: 1, nonResourceAttributes: 2 };
const resourceAttributes = {
  namespace: 1,
  verb: 2,
  group: 3,
  version: 4,
  resource: 5,
  subresource: 6,
  name: 7,
};
const nonResourceAttributes = { path: 1, verb: 2 };
const rulesSpec = { namespace: 1 };

/** A review as far as it matters here, in the shape that JSON would give it. */
export interface WrittenReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: unknown;
}

type Fields = ReadonlyMap<number, Uint8Array>;

/**
 * Reads a review as kubectl writes it since 1.33: `k8s\0` and a `runtime.Unknown` that holds the object.
 *
 * @throws Error for anything else
 * @see `Serializer` in kubernetes/apimachinery, pkg/runtime/serializer/protobuf
 */
export function readProtobufReview(body: Uint8Array, kind: SelfReviewKind): WrittenReview {
  if (!MAGIC.equals(body.subarray(0, MAGIC.length))) throw new Error('expected k8s protobuf');
  const outer = fieldsOf(body.subarray(MAGIC.length));
  if (textOf(outer, unknown.contentEncoding) !== '') throw new Error('expected no encoding');
  const type = messageOf(outer, unknown.typeMeta);
  const spec = messageOf(messageOf(outer, unknown.raw), SPEC);
  return {
    apiVersion: textOf(type, typeMeta.apiVersion),
    kind: textOf(type, typeMeta.kind),
    spec: specOf(kind, spec),
  };
}

function specOf(kind: SelfReviewKind, spec: Fields): unknown {
  if (kind === 'SelfSubjectReview') return {};
  if (kind === 'SelfSubjectRulesReview') return textsOf(spec, rulesSpec);
  const has = (field: number) => spec.has(field);
  return {
    ...(has(accessSpec.resourceAttributes) && {
      resourceAttributes: textsOf(
        messageOf(spec, accessSpec.resourceAttributes),
        resourceAttributes,
      ),
    }),
    ...(has(accessSpec.nonResourceAttributes) && {
      nonResourceAttributes: textsOf(
        messageOf(spec, accessSpec.nonResourceAttributes),
        nonResourceAttributes,
      ),
    }),
  };
}

/** Strings, bytes and messages of one message by number; of several with one number the last one. */
function fieldsOf(message: Uint8Array): Fields {
  const reader = new BinaryReader(message);
  const fields = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) fields.set(field, reader.bytes());
    else reader.skip(type, field);
  }
  return fields;
}

const messageOf = (fields: Fields, field: number): Fields =>
  fieldsOf(fields.get(field) ?? new Uint8Array(0));

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const textOf = (fields: Fields, field: number): string =>
  utf8.decode(fields.get(field) ?? new Uint8Array(0));

const textsOf = (fields: Fields, names: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(names).map(([name, field]) => [name, textOf(fields, field)]));
