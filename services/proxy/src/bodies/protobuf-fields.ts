import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Stands before every object that Kubernetes writes as protobuf. */
const MAGIC = Buffer.from('k8s\0');
/** Numbers of `runtime.Unknown` and its `TypeMeta`. */
const unknown = { typeMeta: 1, raw: 2, contentEncoding: 3 };
const typeMeta = { apiVersion: 1, kind: 2 };
const MAX_DEPTH = 64;
const MAX_FIELDS = 20_000;

/** An object that came as protobuf, with numbers where its fields have names. */
export interface ProtobufObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly fields: unknown;
}

/**
 * Tells what stands in an object without knowing its type, in a form that the rules of masking find their way in:
 * names stand before values and words of a command in a list, wherever there could be any. What is a text and what a
 * message is seen by its bytes alone; what could be both, or is neither, is counted and not told.
 *
 * @throws Error for what is no object in protobuf, too deep or too large
 */
export function protobufObject(body: Uint8Array): ProtobufObject {
  if (!MAGIC.equals(body.subarray(0, MAGIC.length))) throw new Error('expected k8s protobuf');
  const outer = bytesOf(body.subarray(MAGIC.length));
  if ((outer.get(unknown.contentEncoding)?.length ?? 0) > 0) throw new Error('it is encoded');
  const type = bytesOf(outer.get(unknown.typeMeta) ?? NOTHING);
  const [apiVersion, kind] = [typeMeta.apiVersion, typeMeta.kind].map((field) =>
    textOf(type.get(field) ?? NOTHING),
  );
  if (apiVersion === undefined || kind === undefined) throw new Error('expected its type');
  const fields = new FieldReader().message(outer.get(unknown.raw) ?? NOTHING, 0);
  if (fields === undefined) throw new Error('expected a message');
  return { apiVersion, kind, fields };
}

const NOTHING = new Uint8Array(0);

/** Of one message, each number once. */
function bytesOf(message: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const reader = new BinaryReader(message);
  const found = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited || found.has(field)) throw new Error('expected bytes');
    found.set(field, reader.bytes());
  }
  return found;
}

type Occurrences = Map<number, (bigint | Uint8Array)[]>;

class FieldReader {
  #left = MAX_FIELDS;

  /** @returns `undefined` for what is no message */
  message(bytes: Uint8Array, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new Error('too deep');
    const fields = occurrencesIn(bytes);
    if (fields === undefined) return undefined;
    const members = [...fields].map(([number, values]) => {
      this.#left -= values.length;
      if (this.#left < 0) throw new Error('too many fields');
      return [String(number), this.#member(values, depth)] as const;
    });
    return paired(Object.fromEntries(members));
  }

  #member(values: readonly (bigint | Uint8Array)[], depth: number): unknown {
    // They are all of one type: where one can be nothing but a text, so are the others.
    const areTexts = values.length > 1 && values.some(isOnlyText);
    const told = values.map((value) => {
      if (typeof value === 'bigint') return Number(value);
      return areTexts ? (textOf(value) ?? { bytes: value.length }) : this.#bytes(value, depth);
    });
    if (told.length === 1) return told[0];
    // What they are the words of may be a command, where one says what the next one is.
    return areTexts || told.every((each) => typeof each === 'string') ? { args: told } : told;
  }

  #bytes(bytes: Uint8Array, depth: number): unknown {
    const text = textOf(bytes);
    if (bytes.length === 0) return '';
    const fields = occurrencesIn(bytes);
    if (text === undefined) {
      return (fields && this.message(bytes, depth + 1)) ?? { bytes: bytes.length };
    }
    if (fields === undefined) return documentIn(text);
    // The one field of it is all of the text but two signs: whichever it is, it is looked at as a whole.
    if (!isOneField(fields) || DOCUMENT.test(text)) return { unclear: bytes.length };
    const message = Object(this.message(bytes, depth + 1)) as object;
    texts.set(message, text);
    return message;
  }
}

/** @returns `undefined` for what no type of Kubernetes is written as */
function occurrencesIn(message: Uint8Array): Occurrences | undefined {
  const found: Occurrences = new Map();
  try {
    const reader = new BinaryReader(message);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      const value = type === WireType.Varint ? BigInt(reader.int64()) : bytesIn(reader, type);
      const known = found.get(field);
      if (known === undefined) found.set(field, [value]);
      else known.push(value);
    }
    return found;
  } catch {
    return undefined;
  }
}

function bytesIn(reader: BinaryReader, type: WireType): Uint8Array {
  if (type !== WireType.LengthDelimited) throw new Error('expected a number or bytes');
  return reader.bytes();
}

/**
 * A name and its value, as of a variable, a header, a label or an annotation. A document without a slash in its name is
 * no annotation: it may be a secret as a whole.
 */
function paired(members: Readonly<Record<string, unknown>>): unknown {
  const { 1: first, 2: second, ...others } = members;
  const [name, value] = [first, second].map(asText);
  if (typeof name !== 'string' || value === undefined) return members;
  const isText = typeof value === 'string';
  const isDocument = !isText && isParsed(value);
  if (!isText && !isDocument) return members;
  if (isDocument && name.includes('/')) return members;
  const named = isText ? { name, value } : { value: JSON.stringify(value) };
  return { '1': name, env: [named], ...others };
}

/** Messages that could be texts, and these. */
const texts = new WeakMap<object, string>();
const asText = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (texts.get(value) ?? value) : value;

function isOneField(fields: Occurrences): boolean {
  const [only = []] = [...fields.values()];
  return fields.size === 1 && only.length === 1 && typeof only[0] !== 'bigint';
}

const isOnlyText = (value: bigint | Uint8Array): boolean =>
  typeof value !== 'bigint' && textOf(value) !== undefined && occurrencesIn(value) === undefined;

const parsed = new WeakSet<object>();
const isParsed = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && parsed.has(value);

/** Where the API server quotes a change of an object, in which no name stands beside its value. */
const CHANGE = /^@@ -\d/m;

const DOCUMENT = /^\s*[{[]/;

/** A text that is a document is looked through as one; a broken one is not told, nor what quotes a change. */
function documentIn(text: string): unknown {
  if (CHANGE.test(text)) return { unclear: Buffer.byteLength(text) };
  if (!DOCUMENT.test(text)) return text;
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null) parsed.add(document);
    return document;
  } catch {
    return { unclear: Buffer.byteLength(text) };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns `undefined` for what nobody would write as a text */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(bytes);
    return /[^\P{Cc}\t\n\r]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
