import { decodeText } from './key-match.js';
import type { Slice } from './text-buffer.js';

/** A value longer than this is only taken in parts, or not at all. */
export const MAX_VALUE_BYTES = 2 * 1024 * 1024;

/** A string, a number, `true` or `false`, as it stands in the document. Valid until the function it is told returns. */
export interface Scalar {
  readonly isString: boolean;
  /** Known to be a string of ASCII without escapes: most are, but that of long ones is not known. */
  readonly isAscii: boolean;
  /** Without the quotes, with its escapes. */
  readonly raw: Slice;
  /**
   * What says what it is: the {@link Rewrite.named} text, without its quotes, with its escapes. `undefined` when there
   * was none before the value, or when it is too long.
   */
  readonly name: Slice | undefined;
}

/** The text of a scalar or of its name; `undefined` when it is no valid JSON string. */
export const textOf: (raw: Slice) => string | undefined = decodeText;

/** Takes the bytes of a value as they come, and says at its end what stands in its place. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** @returns JSON text */
  finish(): Uint8Array;
}

/** Values that say nothing: short strings without certain characters, and short numbers. */
export interface ShortValues {
  /** 16 at most. */
  readonly maxBytes: number;
  /** ASCII. */
  readonly without: string;
  /** Names that may say what a value is, by their last two letters in lower case: `before * 256 + last`. 0: they do not. */
  readonly names: Uint8Array;
  /** ASCII, small letters and capitals: a `label` without any of them does not say what a value is. */
  readonly labels: string;
  /** Knows of longer strings whether they say nothing either. @default all of them are told */
  readonly longer?: LongerValues;
}

/** A program in the memory of the skimmer. */
export interface LongerValues {
  /**
   * An exported function of WebAssembly: is given where a string of ASCII without escapes stands, and how long it is;
   * 0 when it says nothing. It may write into the memory from {@link LISTENER_AT} on, and nowhere else.
   */
  readonly mayHold: (at: number, bytes: number) => number;
}

/** What stands in place of a value. All functions must be pure. */
export interface Rewrite {
  /** @returns JSON text in place of the value, which is copied at once, or `undefined`: it stays as it is */
  readonly scalar: (value: Scalar) => Uint8Array | undefined;
  /**
   * Takes objects and arrays whole. @default they stay, and the rules for what is inside of them apply, as they do
   * where it returns `undefined`
   */
  readonly container?: (() => Digest | undefined) | undefined;
  /** Takes scalars of more than {@link MAX_VALUE_BYTES} whole. @default the document ends as `too_large` */
  readonly large?: (() => Digest) | undefined;
  /**
   * What {@link Scalar.name} is: the name of the member, the `label` beside it, or the last string before it in the array. A
   * label that changes when it was used already ends the document as `ambiguous`. @default nothing
   */
  readonly named?: 'member' | 'label' | 'previous';
  /**
   * Which values stay, so that {@link scalar} need not be asked: those of {@link ShortValues}, all, or without a name
   * that may say what they are. It may be asked all the same. @default none
   */
  readonly stays?: 'short' | 'short-unless-named' | undefined;
}
