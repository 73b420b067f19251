import { decodeText } from './key-match.js';
import { JsonStreamError, MAX_DEPTH } from './json-stream-error.js';
import { Pieces } from './pieces.js';
import type { Field, Verdict } from './rule.js';
import { childOf, type RuleNode } from './rule-tree.js';
import { TextBuffer } from './text-buffer.js';

const NONE = -1;
const LETTER_N = 0x6e;

/**
 * Applies the rules to a document of which it is told every token: knows what goes out, what is left out and what
 * is held until it is judged. Positions are those of the chunk under way.
 */
export class Editor {
  /** Rules of the container under way; `undefined` where none can apply, which is most of a document. */
  active: RuleNode | undefined;
  /** Rules of the value that comes next. */
  next: RuleNode | undefined;
  /** Judges the string under way. */
  judging: Field['judge'] | undefined;
  readonly #nodes: (RuleNode | undefined)[] = new Array<undefined>(MAX_DEPTH + 1).fill(undefined);
  /** Whether something of the container at a depth was passed on, so that what follows needs its comma. */
  readonly #passed = new Uint8Array(MAX_DEPTH + 1);
  readonly #pieces = new Pieces();
  readonly #text = new TextBuffer();
  #chunk: Uint8Array = new Uint8Array(0);
  /** Where what is not yet decided on begins. */
  #from = 0;
  #depth = 0;
  /** Depth of the value that is left out. */
  #dropDepth = NONE;
  /** Depth of the element that is judged, and the piece with which it begins while it is held. */
  #guardDepth = NONE;
  #guardMark = NONE;
  /** The piece with which a member begins whose name is not yet known. */
  #memberMark = NONE;
  /** A document was left out: so are the spaces behind it. */
  #trailing = false;

  constructor(
    private readonly root: RuleNode,
    private readonly stream: boolean,
    private readonly maxHeldBytes: number,
  ) {
    this.next = root;
  }

  begin(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#from = 0;
    this.#text.enter(chunk);
  }

  /** What of the chunk, and of what was held before, can go out. */
  take(): readonly Uint8Array[] {
    const end = this.#chunk.length;
    this.#text.suspend(end);
    if (!this.#trailing) this.#cut(end);
    const held = this.#guardMark === NONE ? this.#memberMark : this.#guardMark;
    const ready = held === NONE ? this.#pieces.count : held;
    if (held !== NONE && this.#pieces.sizeFrom(held) > this.maxHeldBytes) {
      throw new JsonStreamError(
        'too_large',
        `an element is larger than ${this.maxHeldBytes} bytes and says nothing that it could be judged by`,
      );
    }
    const out = this.#pieces.take(this.#chunk, ready);
    if (this.#guardMark !== NONE) this.#guardMark -= ready;
    if (this.#memberMark !== NONE) this.#memberMark -= ready;
    return out;
  }

  open(isObject: boolean, at: number, depth: number): void {
    const node = this.next === undefined ? undefined : this.#beginValue(at, depth);
    if (node !== undefined && isObject) requireArray(node);
    this.#depth = depth + 1;
    this.#nodes[depth + 1] = node;
    this.#passed[depth + 1] = 0;
    this.active = node;
    this.next = isObject ? undefined : node?.elements;
  }

  beginString(at: number, depth: number): void {
    const node = this.#beginValue(at, depth, true);
    if (node === undefined) return;
    requireArray(node);
    if (node.judge === undefined) return;
    this.judging = node.judge;
    this.#text.open(at + 1);
  }

  beginScalar(at: number, depth: number): void {
    const node = this.#beginValue(at, depth);
    if (node !== undefined && this.#chunk[at] !== LETTER_N) requireArray(node);
  }

  endString(next: number): void {
    const judge = this.judging;
    this.judging = undefined;
    const isKnown = this.#text.close(next - 1);
    if (judge !== undefined) this.#verdict(judge(isKnown ? decodeText(this.#text) : undefined));
  }

  comma(inObject: boolean, at: number): void {
    const node = this.active;
    if (node === undefined) return;
    if (inObject) {
      if (node.choosesMembers) this.#memberMark = this.#hold(at, true);
      return;
    }
    this.next = node.elements;
    if (node.elements?.guarded === true) this.#beginGuard(at, this.#depth, true);
  }

  beginKey(at: number): void {
    this.#text.open(at + 1);
    const isFirst = this.#memberMark === NONE;
    if (isFirst && this.active?.choosesMembers === true) this.#memberMark = this.#hold(at, false);
  }

  endKey(next: number): void {
    const isKnown = this.#text.close(next - 1);
    const node = this.active;
    if (node === undefined) return;
    const child = isKnown ? childOf(node, this.#text) : node.anyMember;
    this.next = child;
    if (!node.choosesMembers) return;
    const mark = this.#memberMark;
    this.#memberMark = NONE;
    if (child?.drop === true || (node.keepOnly && child?.kept !== true))
      this.#drop(mark, this.#depth);
    else this.#passed[this.#depth] = 1;
  }

  /** A value ended before `next`; it stands in the container at `depth`. */
  ended(next: number, depth: number): void {
    this.#depth = depth;
    if (depth === this.#dropDepth) this.#endDrop(next);
    if (depth === this.#guardDepth) this.#endGuard(next);
    if (this.#dropDepth === NONE) this.active = this.#nodes[depth];
    if (depth === 0 && this.stream) this.next = this.root;
  }

  /** Applies what the rules say of a value as a whole; returns the rules for what is inside it. */
  #beginValue(at: number, depth: number, isText = false): RuleNode | undefined {
    const node = this.next;
    this.next = undefined;
    if (node === undefined) return undefined;
    if (node.guarded && this.#guardDepth === NONE) this.#beginGuard(at, depth, false);
    if (node.judge !== undefined && !isText) {
      this.#verdict(node.judge(undefined));
      if (this.#dropDepth !== NONE) return undefined;
    }
    if (node.mask === undefined || this.#chunk[at] === LETTER_N) return node;
    this.#cut(at);
    this.#pieces.own(node.mask);
    this.#leaveOut(depth);
    return undefined;
  }

  #beginGuard(at: number, depth: number, isComma: boolean): void {
    if (this.#trailing) this.#from = at;
    this.#trailing = false;
    this.#guardDepth = depth;
    this.#guardMark = this.#hold(at, isComma);
  }

  #verdict(verdict: Verdict): void {
    if (verdict === undefined || this.#guardDepth === NONE) return;
    if (verdict === 'drop') {
      this.#drop(this.#guardMark, this.#guardDepth);
      return;
    }
    this.#guardMark = NONE;
    this.#passed[this.#guardDepth] = 1;
  }

  #endGuard(next: number): void {
    // Nothing in it said that it may be kept.
    if (this.#guardMark !== NONE) {
      this.#drop(this.#guardMark, this.#guardDepth);
      this.#endDrop(next);
    }
    this.#guardDepth = NONE;
  }

  /** From here on everything waits for a decision. A comma goes with what follows it, if something came before. */
  #hold(at: number, isComma: boolean): number {
    this.#cut(at);
    if (isComma && this.#passed[this.#depth] === 0) this.#from = at + 1;
    return this.#pieces.count;
  }

  #drop(mark: number, depth: number): void {
    if (mark === NONE) {
      throw new JsonStreamError('ambiguous', 'an element says that it may be kept, and that not');
    }
    this.#pieces.truncate(mark);
    if (depth === this.#guardDepth) this.#guardMark = NONE;
    this.#leaveOut(depth);
    this.#trailing = depth === 0;
  }

  #leaveOut(depth: number): void {
    this.#dropDepth = depth;
    this.active = undefined;
    this.next = undefined;
  }

  #endDrop(next: number): void {
    this.#from = next;
    this.#dropDepth = NONE;
  }

  /** Everything before `at` is decided on, but for the marks. */
  #cut(at: number): void {
    if (this.#dropDepth === NONE) this.#pieces.range(this.#from, at);
    this.#from = at;
  }
}

function requireArray(node: RuleNode): void {
  if (node.elements?.guarded !== true) return;
  throw new JsonStreamError('unexpected', 'expected an array of elements that can be judged');
}
