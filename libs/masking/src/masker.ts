import { hash } from 'node:crypto';
import { JsonMask, JsonMasker } from './json-masker.js';
import type { MaskKeys } from './mask-keys.js';
import { MaskRefused } from './mask-refused.js';
import type { MaskTarget } from './mask-rules.js';
import { maskInPlace } from './same-length.js';
import { TarMasker } from './tar-masker.js';
import { isTyped } from './typed-fields.js';
import { TextDetectors } from './text-detectors.js';
import { maskBytes, TextMasker } from './text-masker.js';
import type { TextPattern } from './text-pattern.js';

/** What of an answer's head says how its body is read. */
export interface MaskedHead {
  /** `''` when absent. */
  readonly contentType: string;
  /** `''` when absent. */
  readonly contentEncoding: string;
  /** Documents one behind the other, as in a watch. */
  readonly isStream: boolean;
}

/** Masks one body on its way. */
export interface BodyMask {
  /** @throws MaskRefused `answer_not_maskable`: nothing more may be passed on */
  push(chunk: Uint8Array): readonly Uint8Array[];
  /** @returns what was held back @throws MaskRefused when it ended too early */
  end(): readonly Uint8Array[];
  /** Values replaced so far. */
  readonly masked: number;
}

const NO_TYPE: MaskTarget = { apiGroup: '', resource: '', subresource: '' };
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const TEXT_TYPE = /^text\/plain\s*(?:;|$)/i;

/** Masks everything that an agent gets to see, for one tenant. Not for several threads at once. */
export class Masker {
  readonly #keys: MaskKeys;
  readonly #detectors: TextDetectors;
  readonly #types = new Map<string, JsonMask>();
  /** What was asked for last mostly is asked for again. */
  #last: { readonly target: MaskTarget; readonly mask: JsonMask } | undefined;

  /** @throws MaskPatternInvalid for a pattern that cannot be used */
  constructor(options: { readonly keys: MaskKeys; readonly patterns?: readonly TextPattern[] }) {
    this.#keys = options.keys;
    this.#detectors = new TextDetectors(options.patterns);
  }

  /**
   * For the body of an answer.
   *
   * @throws {@link MaskRefused} `answer_not_maskable` for what is neither JSON nor plain text, or is compressed
   */
  body(target: MaskTarget, { contentType, contentEncoding, isStream }: MaskedHead): BodyMask {
    if (contentEncoding !== '' && contentEncoding.toLowerCase() !== 'identity') {
      throw notMaskable('it is compressed');
    }
    if (JSON_TYPE.test(contentType)) return new JsonMasker(this.#typeOf(target), isStream);
    if (TEXT_TYPE.test(contentType)) return this.text();
    throw notMaskable('it is neither JSON nor plain text');
  }

  /** For a log, or one direction of a terminal: one for each channel. */
  text(): TextMasker {
    return new TextMasker(this.#detectors.inTerminals, this.#keys.current);
  }

  /** For a tar archive on its way, as `kubectl cp` asks for it: all of it keeps its place. */
  archive(): TarMasker {
    return new TarMasker(this.#detectors, this.#keys.current);
  }

  /** A short text, as a warning or a line of the record. */
  line(text: string): string {
    const bytes = Buffer.from(text);
    const masked = maskBytes(bytes, this.#detectors, this.#keys.current);
    return masked === bytes ? text : Buffer.from(masked).toString();
  }

  /** What a file is called, masked as {@link archive} masks names: what only looks random stays. */
  fileName(name: string): string {
    const bytes = Buffer.from(name);
    const masked = maskInPlace(bytes, this.#detectors.inNames, this.#keys.current);
    return masked === 0 ? name : bytes.toString();
  }

  /** Tells whether two texts are the same, and lets nobody find out by guessing what they are: 64 digits of hex. */
  digest(bytes: Uint8Array): string {
    return hash('sha256', this.#keys.current.mac(bytes), 'hex');
  }

  #typeOf(target: MaskTarget): JsonMask {
    const last = this.#last;
    if (last !== undefined && isSame(last.target, target)) return last.mask;
    const mask = this.#maskOf(target);
    this.#last = { target, mask };
    return mask;
  }

  #maskOf(target: MaskTarget): JsonMask {
    const type = typeOf(target);
    const key = `${type.resource}.${type.apiGroup}/${type.subresource}`;
    const known = this.#types.get(key);
    if (known !== undefined) return known;
    const mask = new JsonMask(type, this.#keys.current, this.#detectors);
    this.#types.set(key, mask);
    return mask;
  }
}

const isSame = (one: MaskTarget, other: MaskTarget): boolean =>
  one.resource === other.resource &&
  one.apiGroup === other.apiGroup &&
  one.subresource === other.subresource;

/** Types with rules of their own; all others share theirs, so that a client's paths do not fill the memory. */
function typeOf({ apiGroup, resource, subresource }: MaskTarget): MaskTarget {
  const plain = { apiGroup, resource, subresource: '' };
  const isToken = resource === 'serviceaccounts' && subresource === 'token';
  if (apiGroup === '' && isToken) return { ...plain, subresource };
  const hasValues = apiGroup === '' && (resource === 'secrets' || resource === 'configmaps');
  return hasValues || isTyped({ apiGroup, resource, subresource }) ? plain : NO_TYPE;
}

const notMaskable = (why: string): MaskRefused =>
  new MaskRefused('answer_not_maskable', `the cluster's answer cannot be masked: ${why}`);
