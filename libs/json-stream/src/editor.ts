import { decodeText } from './key-match.js';
import { JsonStreamError, MAX_DEPTH } from './json-stream-error.js';
import { NameSlot } from './name-slot.js';
import { Pieces } from './pieces.js';
import { MAX_VALUE_BYTES, type Digest, type Rewrite } from './rewrite.js';
import type { Field, Verdict } from './rule.js';
import { childOf, requireArray, type RuleNode } from './rule-tree.js';
import { NO_BYTES, TextBuffer, type Slice } from './text-buffer.js';
import { ValueCapture } from './value-capture.js';

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
  /** The string or scalar under way must be known when it ends. */
  reading = false;
  readonly #nodes: (RuleNode | undefined)[] = [undefined];
  /** Whether something of the container at a depth was passed on, so that what follows needs its comma. */
  readonly #passed = new Uint8Array(MAX_DEPTH + 1);
  readonly #pieces = new Pieces();
  readonly #text = new TextBuffer();
  readonly #capture = new ValueCapture();
  /** Names of the member under way, and of the element that it stands in. */
  readonly #member = new NameSlot();
  readonly #label = new NameSlot();
  /** What to do with the text of the string under way. */
  #judging: Field['judge'] | undefined;
  #labelling = false;
  /** Takes the value that is left out. */
  #digest: Digest | undefined;
  #chunk: Uint8Array = NO_BYTES;
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
    this.#suspend(end);
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

  /** What goes on in the next chunk is kept. */
  #suspend(end: number): void {
    const chunk = this.#chunk;
    this.#text.suspend(end);
    this.#member.suspend(chunk);
    this.#label.suspend(chunk);
    if (this.#digest !== undefined) this.#digest.update(chunk.subarray(this.#from, end));
    const capture = this.#capture;
    if (capture.rewrite === undefined) return;
    this.#cut(capture.start);
    this.#from = end;
    if (capture.size(end) > MAX_VALUE_BYTES) this.#takeLarge(capture.rewrite, end);
    else capture.suspend(chunk);
  }

  open(isObject: boolean, at: number, depth: number): void {
    let node = this.next === undefined ? undefined : this.#beginValue(at, depth);
    if (node !== undefined && isObject) requireArray(node);
    if (node?.rewrite?.container !== undefined) {
      this.#cut(at);
      this.#leaveOut(depth);
      this.#digest = node.rewrite.container();
      node = undefined;
    }
    this.#label.opened(depth + 1);
    this.#member.opened(depth);
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
    if (node.rewrite !== undefined) this.#read(node.rewrite, at, true);
    if (node.judge === undefined && !node.label) return;
    this.#judging = node.judge;
    this.#labelling = node.label;
    this.reading = true;
    this.#text.open(at + 1);
  }

  beginScalar(at: number, depth: number): void {
    const node = this.#beginValue(at, depth);
    if (node === undefined || this.#chunk[at] === LETTER_N) return;
    requireArray(node);
    // Only the end of the document would tell that a number as a whole document is complete.
    if (node.rewrite !== undefined && depth > 0) this.#read(node.rewrite, at, false);
  }

  #read(rewrite: Rewrite, at: number, isString: boolean): void {
    this.#capture.open(rewrite, at, isString);
    this.reading = true;
  }

  /** The string or scalar that is read ended before `next`; it stands in the container at `depth`. */
  endRead(next: number, depth: number): void {
    this.reading = false;
    const [judge, labelling] = [this.#judging, this.#labelling];
    if (judge !== undefined || labelling) {
      this.#judging = undefined;
      this.#labelling = false;
      const isKnown = this.#text.close(next - 1);
      if (labelling) this.#labelled(isKnown, depth);
      if (judge !== undefined) this.#verdict(judge(isKnown ? decodeText(this.#text) : undefined));
    }
    const { rewrite } = this.#capture;
    if (rewrite !== undefined) this.#endCapture(rewrite, next, depth);
  }

  #labelled(isKnown: boolean, depth: number): void {
    if (this.#label.isUsed && this.#label.at(depth) !== undefined) {
      throw new JsonStreamError('ambiguous', 'an element has a second name behind a value');
    }
    if (isKnown) this.#label.set(this.#text, depth);
    else this.#label.clear();
  }

  #endCapture(rewrite: Rewrite, next: number, depth: number): void {
    const capture = this.#capture;
    // It was left out after it began: what contains it was judged by it.
    if (this.#dropDepth !== NONE) {
      capture.release();
      return;
    }
    if (capture.size(next) > MAX_VALUE_BYTES) {
      this.#cut(capture.start);
      this.#takeLarge(rewrite, next);
      return;
    }
    const slot = rewrite.named === 'member' ? this.#member : this.#label;
    capture.name = rewrite.named === undefined ? undefined : slot.at(depth);
    const { raw, isString } = capture.close(this.#chunk, next);
    const replacement = rewrite.scalar(capture);
    if (replacement !== undefined) {
      this.#cut(capture.start);
      this.#pieces.own(replacement);
      this.#from = next;
    } else {
      slot.isUsed = capture.name !== undefined;
      if (capture.isSplit) this.#pieces.own(Uint8Array.from(capture.earlier));
    }
    if (rewrite.named === 'previous' && isString) this.#previous(raw, depth);
    capture.release();
  }

  #previous(raw: Slice, depth: number): void {
    const isHere = raw.bytes === this.#chunk;
    const bytes = isHere ? raw.bytes : Uint8Array.from(raw.bytes.subarray(raw.start, raw.end));
    this.#label.set(isHere ? raw : { bytes, start: 0, end: bytes.length }, depth);
  }

  /** From here on the value is not kept: it is taken as it comes, and its end is that of something left out. */
  #takeLarge(rewrite: Rewrite, end: number): void {
    const { large } = rewrite;
    if (large === undefined) {
      throw new JsonStreamError('too_large', `a value is larger than ${MAX_VALUE_BYTES} bytes`);
    }
    const capture = this.#capture;
    const digest = large();
    digest.update(capture.earlier);
    digest.update(this.#chunk.subarray(capture.start, end));
    capture.release();
    this.#judging = undefined;
    this.#labelling = false;
    this.#leaveOut(this.#depth);
    this.#from = end;
    this.#digest = digest;
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
    if (child?.rewrite?.named === 'member') this.#name(isKnown);
    if (node.choosesMembers) this.#choose(node, child);
  }

  #name(isKnown: boolean): void {
    if (isKnown) this.#member.set(this.#text, this.#depth);
    else this.#member.clear();
  }

  #choose(node: RuleNode, child: RuleNode | undefined): void {
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
    if (this.#digest !== undefined) {
      this.#digest.update(this.#chunk.subarray(this.#from, next));
      this.#pieces.own(this.#digest.finish());
      this.#digest = undefined;
    }
    this.#from = next;
    this.#dropDepth = NONE;
  }

  /** Everything before `at` is decided on, but for the marks. */
  #cut(at: number): void {
    if (this.#dropDepth === NONE) this.#pieces.range(this.#from, at);
    this.#from = at;
  }
}
