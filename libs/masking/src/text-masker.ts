import { readThrough } from './escapes.js';
import type { Finding } from './findings.js';
import type { MaskKey } from './mask-keys.js';
import { placeholder } from './placeholder.js';
import { sameLength } from './same-length.js';
import type { TextDetector, TextStages } from './text-detectors.js';

const SMALL_BYTES = 2_048;
const empty = new Uint8Array(0);

/**
 * Masks a text on its way, as lines of a log or what a terminal prints: bytes in, split anywhere, and bytes out. What
 * comes out is the same however it is split, unless {@link flush} is used. Holds what may be the beginning of a secret
 * and nothing else, {@link MAX_HELD_BYTES} at most, with escapes of a terminal in it {@link MAX_ESCAPED_BYTES}; with
 * patterns of one's own also the line that is not over, as much again.
 */
export class TextMasker {
  readonly #stages: readonly MaskStage[];

  /** With `sameLength` as many bytes come out as go in, each thing at its place. */
  constructor(
    private readonly detectors: TextStages,
    private readonly key: MaskKey,
    private readonly options: { readonly sameLength?: true } = {},
  ) {
    const form = { key, keepsLength: options.sameLength === true };
    this.#stages = detectors.stages.map((detector) => new MaskStage(detector, form));
  }

  /** Values that were replaced. */
  get masked(): number {
    return this.#stages.reduce((sum, { masked }) => sum + masked, 0);
  }

  /** Bytes that wait for what comes next. */
  get heldBytes(): number {
    return this.#stages.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  }

  /** @returns what can go on now: parts of `chunk` and bytes of our own. What is kept is copied. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    return this.#run([chunk], () => []);
  }

  /** The text is over. @returns the rest of it */
  end(): readonly Uint8Array[] {
    return this.#run([], (stage) => stage.end());
  }

  /**
   * Passes on what is held, undecided as it is, for a terminal that is silent and shows a prompt or what somebody types.
   * What of a secret is still to come is masked.
   */
  flush(): readonly Uint8Array[] {
    return this.#run([], (stage) => stage.flush());
  }

  /** Another one that has read the same until now: it can wait for what is decided where this one is to {@link flush}. */
  fork(): TextMasker {
    const fork = new TextMasker(this.detectors, this.key, this.options);
    for (const [index, stage] of this.#stages.entries()) fork.#stages[index]?.goOnFrom(stage);
    return fork;
  }

  #run(
    from: readonly Uint8Array[],
    more: (stage: MaskStage) => Uint8Array[],
  ): readonly Uint8Array[] {
    const out = this.#stages.reduce(
      (pieces, stage) => [...stage.push(oneOf(pieces)), ...more(stage)],
      from,
    );
    return together(out);
  }
}

/** What is put in place of what was found. */
interface MaskForm {
  readonly key: MaskKey;
  readonly keepsLength: boolean;
}

/** One detector on its way through the text. */
class MaskStage {
  masked = 0;
  #held: Uint8Array = empty;
  /** So much of what is held is out already. */
  #out = 0;

  constructor(
    private readonly detector: TextDetector,
    private readonly form: MaskForm,
  ) {}

  get heldBytes(): number {
    return this.#held.length - this.#out;
  }

  goOnFrom(other: MaskStage): void {
    this.#held = other.#held;
    this.#out = other.#out;
  }

  push(chunk: Uint8Array): Uint8Array[] {
    if (chunk.length === 0) return [];
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    return this.#pass(bytes, false);
  }

  end(): Uint8Array[] {
    return this.#pass(this.#held, true);
  }

  flush(): Uint8Array[] {
    const bytes = this.#held.subarray(this.#out);
    this.#out = this.#held.length;
    return bytes.length === 0 ? [] : [bytes];
  }

  #pass(bytes: Uint8Array, isLast: boolean): Uint8Array[] {
    const { found, decided } = this.detector.scan({ bytes, start: 0, end: bytes.length }, isLast);
    const pieces: Uint8Array[] = [];
    let at = this.#out;
    for (const finding of found) {
      const { start, end } = finding;
      if (end <= at) continue;
      if (start > at) pieces.push(bytes.subarray(at, start));
      pieces.push(this.#replacement(bytes, finding, Math.max(at - start, 0)));
      pieces.push(...escapesOf(bytes, finding, at));
      at = end;
      this.masked += 1;
    }
    if (decided > at) pieces.push(bytes.subarray(at, decided));
    this.#held = decided < bytes.length ? Uint8Array.from(bytes.subarray(decided)) : empty;
    this.#out = Math.max(0, at - decided);
    return pieces;
  }

  /** @param out - so many bytes of the value were passed on, undecided */
  #replacement(bytes: Uint8Array, finding: Finding, out: number): Buffer {
    const { key, keepsLength } = this.form;
    const { start, end, kind, escapes = [] } = finding;
    if (keepsLength) return sameLength(key, kind, bytes.subarray(start, end)).subarray(out);
    return Buffer.from(placeholder(key, kind, readThrough({ bytes, start, end }, escapes)));
  }
}

/** What comes behind has the colour and the place that it had; what stands before `from` is out. */
const escapesOf = (bytes: Uint8Array, { escapes = [] }: Finding, from: number): Uint8Array[] =>
  escapes
    .filter(({ end }) => end > from)
    .map(({ start, end }) => bytes.subarray(Math.max(start, from), end));

/** A stage that holds a line reads all of that again with each piece. */
const oneOf = (pieces: readonly Uint8Array[]): Uint8Array =>
  pieces.length === 1 ? (pieces[0] ?? empty) : Buffer.concat(pieces);

function together(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  if (pieces.length < 3) return pieces;
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return size < pieces.length * SMALL_BYTES ? [Buffer.concat(pieces, size)] : pieces;
}

/** Masks a whole text. @returns `text` itself when there is nothing to mask in it */
export function maskBytes(text: Uint8Array, detectors: TextStages, key: MaskKey): Uint8Array {
  let bytes = text;
  for (const detector of detectors.stages) {
    const { found } = detector.scan({ bytes, start: 0, end: bytes.length }, true);
    if (found.length > 0) bytes = replaced(bytes, found, key);
  }
  return bytes;
}

function replaced(bytes: Uint8Array, found: readonly Finding[], key: MaskKey): Uint8Array {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, kind } of found) {
    const value = bytes.subarray(start, end);
    pieces.push(bytes.subarray(at, start), Buffer.from(placeholder(key, kind, value), 'latin1'));
    at = end;
  }
  pieces.push(bytes.subarray(at));
  return Buffer.concat(pieces);
}
