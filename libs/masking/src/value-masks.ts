import {
  textOf,
  type Digest,
  type Scalar,
  type ShortValues,
  type Slice,
} from '@drawbridge/json-stream';
import { latin1 } from './latin1.js';
import type { MaskKey } from './mask-keys.js';
import { placeholder } from './placeholder.js';
import { PlaceholderForm } from './placeholder-form.js';
import { secretEndings, secretLetters } from './secret-name.js';
import { longerValues } from './sieve.js';
import { AT, classOf, LABEL_END } from './text-class.js';
import { TableColumns } from './table-columns.js';
import type { TextDetectors } from './text-detectors.js';
import { maskBytes } from './text-masker.js';

const QUOTE = Buffer.from('"');
/** Where the API server shows the difference between two objects. */
const HUNK = /^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/m;
const BACKSLASH = 0x5c;
const SHORT_BYTES = 48;
const MIN_NUMBER_BYTES = 13;
/** A card has more digits, and every token that is known more letters. */
const PLAIN_BYTES = 12;

/** Values in which no detector finds anything; of what begins with a bracket it has to be known whether it is JSON. */
export const shortValues: ShortValues = {
  maxBytes: PLAIN_BYTES,
  without: '=:@\\[{',
  names: secretEndings,
  labels: secretLetters,
  longer: longerValues,
};
/** With a backslash as well: behind it anything may stand. */
const special = Uint8Array.from(classOf, (kind, byte) =>
  (kind & (LABEL_END | AT)) !== 0 || byte === BACKSLASH ? 1 : 0,
);

/** Ways to mask one value of a JSON document; counts what it masks. What they return is valid until the next call. */
export class ValueMasks {
  masked = 0;
  /** Of the body that is masked at the moment. */
  columns = new TableColumns();
  readonly #plain = new Map<string, PlaceholderForm>();
  readonly #encoded = new Map<string, PlaceholderForm>();

  constructor(
    private readonly key: MaskKey,
    private readonly detectors: TextDetectors,
  ) {}

  /** Short values may hold what is looked for too. */
  get hasOwnPatterns(): boolean {
    return this.detectors.hasOwn;
  }

  /** The value whatever it is; an empty text stays. */
  whole(kind: string, value: Scalar): Uint8Array | undefined {
    if (isEmpty(value)) return undefined;
    return this.#placeholder(kind, this.key.mac(decoded(value.raw)));
  }

  /** The same for what stands there in base64: so does the placeholder, and the mac is that of what it encodes. */
  wholeEncoded(kind: string, value: Scalar): Uint8Array | undefined {
    const { raw, isString } = value;
    if (isEmpty(value)) return undefined;
    // An escape is no digit of base64: what has one is not decoded to its full length.
    const mac = isString ? this.key.macEncoded(latin1(raw.bytes, raw.start, raw.end)) : undefined;
    return this.#placeholder(kind, mac ?? this.#macSlowly(value), true);
  }

  #macSlowly({ raw, isString }: Scalar): string {
    const text = decoded(raw);
    const bytes = Buffer.from(latin1(text), 'base64');
    const isBase64 = isString && Math.ceil(bytes.length / 3) * 4 === text.length;
    const mac = this.key.mac(isBase64 ? bytes : text);
    bytes.fill(0);
    return mac;
  }

  /** What is not kept in memory: objects, arrays and large texts, by the bytes as they stand there. */
  digest(kind: string, isEncoded = false): Digest {
    const stream = this.key.stream();
    return {
      update: (bytes) => stream.update(bytes),
      finish: () => Uint8Array.from(this.#placeholder(kind, stream.mac(), isEncoded)),
    };
  }

  /** What detectors find in a text. */
  parts(value: Scalar): Uint8Array | undefined {
    const { raw, isString } = value;
    if (!isString) return this.#number(raw);
    if (!this.detectors.hasOwn && isPlain(raw)) return undefined;
    if (!value.isAscii && hasEscapes(raw)) return this.#escaped(raw);
    return this.detectors.isClean(raw) ? undefined : this.#foundPlain(raw);
  }

  /**
   * What a server says. It may quote a change of an object in its own form, where no name stands beside its value: the
   * change is masked whole.
   */
  message(value: Scalar): Uint8Array | undefined {
    const text = hasEscapes(value.raw) ? textOf(value.raw) : undefined;
    const at = text === undefined ? -1 : text.search(HUNK);
    if (text === undefined || at < 0) return this.parts(value);
    const change = Buffer.from(text.slice(at));
    const said = maskBytes(Buffer.from(text.slice(0, at)), this.detectors, this.key);
    this.masked += 1;
    const hidden = placeholder(this.key, 'change', change);
    return Buffer.from(JSON.stringify(`${Buffer.from(said).toString()}${hidden}`));
  }

  /** A cell of a table as JSON. */
  readonly cell = (json: string, isSecret: boolean): string => {
    const bytes = Buffer.from(json);
    const isString = json.startsWith('"');
    const edge = isString ? 1 : 0;
    const raw = { bytes, start: edge, end: bytes.length - edge };
    const value = { isString, raw, isAscii: false, name: undefined };
    const masked = isSecret ? this.whole('field', value) : this.parts(value);
    return masked === undefined ? json : Buffer.from(masked).toString();
  };

  /** What detectors find in a text that is encoded in base64. */
  partsEncoded(kind: string, value: Scalar): Uint8Array | undefined {
    if (!value.isString) return this.whole(kind, value);
    const bytes = Buffer.from(latin1(decoded(value.raw)), 'base64');
    const masked = maskBytes(bytes, this.detectors, this.key);
    if (masked === bytes) return undefined;
    this.masked += 1;
    return quoted(Buffer.from(masked).toString('base64'));
  }

  /** Digits of a card may be a number too. */
  #number(raw: Slice): Uint8Array | undefined {
    if (raw.end - raw.start < MIN_NUMBER_BYTES || this.detectors.isClean(raw)) return undefined;
    return this.#foundPlain(raw);
  }

  #escaped(raw: Slice): Uint8Array | undefined {
    const text = textOf(raw);
    // Nobody knows how a client would read it.
    if (text === undefined) return this.#placeholder('unreadable', this.key.mac(decoded(raw)));
    const bytes = Buffer.from(text);
    const isClean = this.detectors.isClean({ bytes, start: 0, end: bytes.length });
    return isClean ? undefined : this.#found(bytes);
  }

  #found(text: Uint8Array): Uint8Array {
    this.masked += 1;
    return Buffer.from(
      JSON.stringify(Buffer.from(maskBytes(text, this.detectors, this.key)).toString()),
    );
  }

  /** What is in a string without escapes needs none afterwards either. */
  #foundPlain({ bytes, start, end }: Slice): Uint8Array {
    this.masked += 1;
    const masked = maskBytes(bytes.subarray(start, end), this.detectors, this.key);
    return Buffer.concat([QUOTE, masked, QUOTE]);
  }

  #placeholder(kind: string, mac: string, isEncoded = false): Uint8Array {
    this.masked += 1;
    const forms = isEncoded ? this.#encoded : this.#plain;
    const form = forms.get(kind) ?? new PlaceholderForm(this.key, kind, isEncoded);
    forms.set(kind, form);
    return form.with(mac);
  }
}

const quoted = (text: string): Uint8Array => Buffer.from(`"${text}"`, 'latin1');

const isEmpty = ({ isString, raw }: Scalar): boolean => isString && raw.start === raw.end;

/** The bytes of a text without its escapes; as they are when it is none. */
function decoded(raw: Slice): Uint8Array {
  const bytes = raw.bytes.subarray(raw.start, raw.end);
  if (!hasEscapes(raw)) return bytes;
  const text = textOf(raw);
  return text === undefined ? bytes : Buffer.from(text);
}

/** A short word with nothing in it that detectors begin with: most values are, and no detector has to be asked. */
function isPlain({ bytes, start, end }: Slice): boolean {
  if (end - start > PLAIN_BYTES) return false;
  for (let at = start; at < end; at += 1) {
    if (special[bytes[at] ?? 0] === 1) return false;
  }
  return true;
}

function hasEscapes({ bytes, start, end }: Slice): boolean {
  const near = Math.min(end, start + SHORT_BYTES);
  for (let at = start; at < near; at += 1) if (bytes[at] === BACKSLASH) return true;
  return near < end && bytes.subarray(near, end).includes(BACKSLASH);
}
