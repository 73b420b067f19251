/* eslint-disable max-lines -- one state machine: what could be taken out of it is; the rest shares every field. */
import { decodeText } from './key-match.js';
import { JsonStreamError, MAX_DEPTH } from './json-stream-error.js';
import { Pieces } from './pieces.js';
import { MAX_VALUE_BYTES, type Digest, type Rewrite } from './rewrite.js';
import type { Field, Verdict } from './rule.js';
import { childOf, requireArray, type RuleNode } from './rule-tree.js';
import { CHUNK_AT, OUT } from './skim-memory.js';
import { skimmer } from './skimmer.js';
import { MAX_TEXT_BYTES, NO_BYTES, TextBuffer, type Slice } from './text-buffer.js';
import { ValueRewriter } from './value-rewriter.js';

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
  /** Rules of containers under way do not hold any more, which the skimmer has to be told. */
  leftOut = false;
  /** The string that has just ended is known to be ASCII without escapes. */
  isAscii = false;
  readonly #nodes: (RuleNode | undefined)[] = [undefined];
  /** Whether something of the container at a depth was passed on, so that what follows needs its comma. */
  readonly #passed = new Uint8Array(MAX_DEPTH + 1);
  readonly #pieces = new Pieces();
  readonly #text = new TextBuffer();
  readonly #slice = { bytes: NO_BYTES, start: 0, end: 0 };
  readonly #values = new ValueRewriter();
  readonly #names = this.#values.names;
  readonly #capture = this.#values.capture;
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

  /** Begins again, with a document of which nothing is known; nothing is kept of the last one. */
  reset(): void {
    this.active = undefined;
    this.next = this.root;
    this.reading = false;
    this.#pieces.clear();
    this.#text.clear();
    this.#slice.bytes = NO_BYTES;
    this.#values.clear();
    this.#judging = undefined;
    this.#labelling = false;
    this.#digest = undefined;
    this.#chunk = NO_BYTES;
    this.#from = this.#depth = 0;
    this.#dropDepth = this.#guardDepth = this.#guardMark = this.#memberMark = NONE;
    this.#trailing = false;
    this.#passed[0] = 0;
  }

  /** Whether nothing need be known of what is left of the container under way but its end. */
  isQuiet(depth: number): boolean {
    if (this.active !== undefined || this.next !== undefined) return false;
    return depth > this.#dropDepth && depth > this.#guardDepth && depth > 0;
  }

  /** What ends at this depth, or above it, has to be told. */
  get floor(): number {
    const judged = this.#guardDepth > this.#dropDepth ? this.#guardDepth : this.#dropDepth;
    return judged > 0 ? judged : 0;
  }

  /** Whether what comes next may be read over, as far as no rule speaks of it. */
  mayBeSkimmed(depth: number): boolean {
    const { active } = this;
    if (active !== undefined && active.tellsInside) return false;
    return depth > 0 && depth > this.#dropDepth && depth > this.#guardDepth;
  }

  /** The rules of the container at a depth, as the skimmer knows them. */
  nodeAt(depth: number): number {
    const isLeftOut = this.#dropDepth !== NONE && depth > this.#dropDepth;
    return isLeftOut ? 0 : (this.#nodes[depth]?.id ?? 0);
  }

  /** What the skimmer has read over: containers came and went, and names of members. */
  skimmed(nodes: readonly (RuleNode | undefined)[], inObject: boolean): void {
    const depth = skimmer.said(OUT.depth);
    for (let each = skimmer.said(OUT.lowest) + 1; each <= depth; each += 1) {
      this.#nodes[each] = nodes[skimmer.node(each)];
    }
    this.#depth = depth;
    this.active = nodes[skimmer.node(depth)];
    const next = nodes[skimmer.said(OUT.next)];
    this.next = next;
    this.isAscii = skimmer.said(OUT.isSimple) === 1;
    const opened = skimmer.said(OUT.opened);
    if (opened <= MAX_DEPTH) this.#names.opened(opened);
    const labelAt = skimmer.said(OUT.labelAt) - CHUNK_AT;
    if (labelAt > 0) {
      const label = this.#whole(labelAt - 1, skimmer.said(OUT.labelEnd) - CHUNK_AT + 1);
      const labelDepth = skimmer.said(OUT.labelDepth);
      this.#names.label(label, labelDepth);
      if (skimmer.said(OUT.isLabelUsed) === 1) this.#names.labelUsed(labelDepth);
    }
    const keyAt = skimmer.said(OUT.keyAt) - CHUNK_AT;
    if (keyAt < 0 || !inObject || next?.isNamed !== true) return;
    this.#names.member(this.#whole(keyAt - 1, skimmer.said(OUT.keyEnd) - CHUNK_AT + 1), depth);
  }

  /** Of the containers that were opened inside of the one at a depth nobody has told: no rule applies in them. */
  enteredQuiet(floor: number, depth: number): void {
    for (let each = floor + 1; each <= depth; each += 1) this.#nodes[each] = undefined;
    this.#depth = depth;
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
    if (held !== NONE) this.#pieces.requireSmall(held, this.maxHeldBytes);
    const ready = held === NONE ? this.#pieces.count : held;
    const out = this.#pieces.take(this.#chunk, ready);
    if (this.#guardMark !== NONE) this.#guardMark -= ready;
    if (this.#memberMark !== NONE) this.#memberMark -= ready;
    return out;
  }

  /** What goes on in the next chunk is kept. */
  #suspend(end: number): void {
    const chunk = this.#chunk;
    this.#text.suspend(end);
    // Behind a document no value is named by what stood in it.
    if (this.#depth === 0) this.#names.clear();
    else this.#names.suspend(chunk);
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
    const digest = node?.rewrite?.container?.();
    if (digest !== undefined) {
      this.#cut(at);
      this.#leaveOut(depth);
      this.#digest = digest;
      node = undefined;
    }
    this.#names.opened(depth + 1);
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
    if (node.rewrite !== undefined) {
      this.#capture.open(node.rewrite, at, depth);
      this.#capture.isString = true;
      this.reading = true;
    }
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
    if (node.rewrite === undefined || depth === 0) return;
    this.#capture.open(node.rewrite, at, depth);
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
      if (labelling) this.#names.label(isKnown ? this.#text : undefined, depth);
      if (judge !== undefined) this.#verdict(judge(isKnown ? decodeText(this.#text) : undefined));
    }
    const { rewrite } = this.#capture;
    if (rewrite !== undefined) this.#endCapture(rewrite, next);
  }

  #endCapture(rewrite: Rewrite, next: number): void {
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
    const replacement = this.#values.replacement(rewrite, this.#chunk, next);
    if (replacement !== undefined) {
      this.#cut(capture.start);
      this.#pieces.copy(replacement);
      this.#from = next;
    } else if (capture.isSplit) this.#pieces.own(Uint8Array.from(capture.earlier));
    capture.release();
  }

  /** From here on the value is not kept: it is taken as it comes, and its end is that of something left out. */
  #takeLarge(rewrite: Rewrite, end: number): void {
    const digest = this.#values.large(rewrite, this.#chunk, end);
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

  /** A name that stands in one chunk as a whole. */
  key(at: number, next: number): void {
    const node = this.active;
    if (node === undefined) return;
    if (node.choosesMembers) {
      this.beginKey(at);
      this.endKey(next);
      return;
    }
    const name = this.#whole(at, next);
    const child =
      name.end - name.start > MAX_TEXT_BYTES ? node.anyMember : childOf(node, name, this.isAscii);
    this.next = child;
    if (child?.isNamed === true) this.#names.member(name, this.#depth);
  }

  /** A string that stands in one chunk as a whole, if there are rules for it. */
  string(at: number, next: number, depth: number): void {
    const node = this.next;
    if (node !== undefined) {
      if (next < 0 || !node.isSimple) {
        this.beginString(at, depth);
        if (this.reading && next >= 0) this.endRead(next, depth);
      } else {
        this.next = undefined;
        if (node.label) this.#names.label(this.#whole(at, next), depth);
        if (node.rewrite !== undefined) {
          this.#capture.open(node.rewrite, at, depth);
          this.#capture.isString = true;
          this.#capture.isAscii = this.isAscii;
          this.#endCapture(node.rewrite, next);
        }
      }
    }
    if (next >= 0) this.endValue(next, depth);
  }

  /** A value that is no container ended before `next`. */
  endValue(next: number, depth: number): void {
    if (depth === this.#dropDepth || depth === this.#guardDepth || depth === 0) {
      this.ended(next, depth);
    }
  }

  #whole(at: number, next: number): Slice {
    const slice = this.#slice;
    slice.bytes = this.#chunk;
    slice.start = at + 1;
    slice.end = next - 1;
    return slice;
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
    if (child?.isNamed === true) this.#names.member(isKnown ? this.#text : undefined, this.#depth);
    if (node.choosesMembers) this.#choose(node, child);
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
    this.leftOut = true;
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
