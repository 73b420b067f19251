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
import { ValueMasks } from './value-masks.js';

/** Documents in documents, as text; beyond it is masked whole. */
const MAX_INNER = 4;

/** What is masked of the JSON of one type: made once, used for every body. */
export class JsonMask {
  readonly masks: ValueMasks;
  readonly #tree: RuleNode;
  #inner = 0;

  constructor(target: MaskTarget, key: MaskKey, detectors: TextDetectors) {
    this.masks = new ValueMasks(key, detectors);
    this.#tree = ruleTree(maskRules(target, this.masks, (value) => this.#document(value)));
  }

  scanner(isStream: boolean): JsonScanner {
    return new JsonScanner({ rules: this.#tree, stream: isStream, maxHeldBytes: 0 });
  }

  /** `last-applied-configuration` and its like: masked as the document that it is; what is no JSON, as a text. */
  #document(value: Scalar): Uint8Array | undefined {
    const text = textOf(value.raw);
    if (text === undefined || this.#inner >= MAX_INNER) return this.masks.whole('document', value);
    const { columns, masked: before } = this.masks;
    this.#inner += 1;
    this.masks.columns = new TableColumns();
    try {
      const scanner = this.scanner(false);
      const out = Buffer.concat(scanner.push(Buffer.from(text)));
      scanner.end();
      return this.masks.masked === before ? undefined : Buffer.from(JSON.stringify(out.toString()));
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
  readonly #scanner: JsonScanner;
  readonly #masks: ValueMasks;
  readonly #columns = new TableColumns();
  #masked = 0;

  constructor(mask: JsonMask, isStream: boolean) {
    this.#scanner = mask.scanner(isStream);
    this.#masks = mask.masks;
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
      return this.#scanner.push(chunk);
    } catch (error) {
      throw translated(error);
    } finally {
      this.#masked += this.#masks.masked - before;
    }
  }

  /** @throws {@link MaskRefused} when the body ended too early */
  end(): readonly Uint8Array[] {
    try {
      this.#scanner.end();
    } catch (error) {
      throw translated(error);
    }
    return [];
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
