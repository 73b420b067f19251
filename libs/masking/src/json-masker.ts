import {
  JsonScanner,
  JsonStreamError,
  ruleTree,
  textOf,
  type RuleNode,
  type Scalar,
} from '@drawbridge/json-stream';
import type { MaskKey } from './mask-keys.js';
import { MaskRefused } from './mask-refused.js';
import { maskRules, type MaskTarget } from './mask-rules.js';
import { TableColumns } from './table-columns.js';
import type { TextDetectors } from './text-detectors.js';
import { typedFieldRules } from './typed-fields.js';
import { shortValues, ValueMasks } from './value-masks.js';

/** Documents in documents, as text; beyond it is masked whole. */
const MAX_INNER = 4;
/** Scanners that wait for their next document: as many as there are answers at a time, mostly. */
const MAX_IDLE = 64;

/** Scanners with the same rules, to be used again. */
class IdleScanners {
  readonly #idle: JsonScanner[] = [];

  constructor(private readonly rules: RuleNode) {}

  take(isStream: boolean): JsonScanner {
    const known = isStream ? undefined : this.#idle.pop();
    return known ?? new JsonScanner({ rules: this.rules, stream: isStream, maxHeldBytes: 0 });
  }

  giveBack(scanner: JsonScanner): void {
    if (this.#idle.length >= MAX_IDLE) return;
    scanner.reset();
    this.#idle.push(scanner);
  }
}

/** What is masked of the JSON of one type: made once, used for every body. */
export class JsonMask {
  readonly masks: ValueMasks;
  readonly #objects: IdleScanners;
  /** Of documents in documents, in which the API server has checked no field. */
  readonly #texts: IdleScanners;
  #inner = 0;

  constructor(target: MaskTarget, key: MaskKey, detectors: TextDetectors) {
    this.masks = new ValueMasks(key, detectors);
    const rules = maskRules(target, this.masks, (value) => this.#document(value));
    // Patterns of one's own may be about names, or addresses.
    const own = detectors.hasOwn ? [] : typedFieldRules(target);
    this.#objects = new IdleScanners(ruleTree([...rules, ...own], shortValues));
    this.#texts = own.length === 0 ? this.#objects : new IdleScanners(ruleTree(rules, shortValues));
  }

  scanner(isStream: boolean): JsonScanner {
    return this.#objects.take(isStream);
  }

  /** The document is over, and the scanner of one document can read the next one. */
  giveBack(scanner: JsonScanner): void {
    this.#objects.giveBack(scanner);
  }

  /** `last-applied-configuration` and its like: masked as the document that it is; what is no JSON, as a text. */
  #document(value: Scalar): Uint8Array | undefined {
    const text = textOf(value.raw);
    if (text === undefined || this.#inner >= MAX_INNER) return this.masks.whole('document', value);
    const { columns, masked: before } = this.masks;
    this.#inner += 1;
    this.masks.columns = new TableColumns();
    try {
      const scanner = this.#texts.take(false);
      const out = scanner.push(Buffer.from(text));
      scanner.end();
      const isMasked = this.masks.masked !== before;
      const document = isMasked ? Buffer.concat(out).toString() : '';
      this.#texts.giveBack(scanner);
      return isMasked ? Buffer.from(JSON.stringify(document)) : undefined;
    } catch (error) {
      if (!(error instanceof JsonStreamError)) throw error;
      return this.masks.whole('document', value);
    } finally {
      this.masks.columns = columns;
      this.#inner -= 1;
    }
  }
}

/** Masks one JSON body on its way. Memory is that of its largest value. */
export class JsonMasker {
  readonly #mask: JsonMask;
  readonly #masks: ValueMasks;
  readonly #columns = new TableColumns();
  readonly #isStream: boolean;
  /** Until the body is over. */
  #scanner: JsonScanner | undefined;
  #masked = 0;

  constructor(mask: JsonMask, isStream: boolean) {
    this.#mask = mask;
    this.#masks = mask.masks;
    this.#isStream = isStream;
    this.#scanner = mask.scanner(isStream);
  }

  /** Values that were replaced, or replaced in part. */
  get masked(): number {
    return this.#masked;
  }

  /** @throws {@link MaskRefused} (`answer_not_maskable`): nothing more of the body may be passed on */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const before = this.#masks.masked;
    this.#masks.columns = this.#columns;
    try {
      return this.#open().push(chunk);
    } catch (error) {
      throw translated(error);
    } finally {
      this.#masked += this.#masks.masked - before;
    }
  }

  /** @throws {@link MaskRefused} when the body ended too early */
  end(): readonly Uint8Array[] {
    const scanner = this.#open();
    try {
      scanner.end();
    } catch (error) {
      throw translated(error);
    }
    this.#scanner = undefined;
    if (!this.#isStream) this.#mask.giveBack(scanner);
    return [];
  }

  #open(): JsonScanner {
    if (this.#scanner !== undefined) return this.#scanner;
    throw new MaskRefused('answer_not_maskable', 'the body is over: nothing can follow');
  }
}

function translated(error: unknown): unknown {
  if (!(error instanceof JsonStreamError)) return error;
  return new MaskRefused(
    'answer_not_maskable',
    `the cluster's answer cannot be masked: ${error.message}`,
    {
      cause: error,
    },
  );
}
