import type { Slice } from '@drawbridge/json-stream';
import { cardEnd, decimalStart, isFraction, UNDECIDED } from './card.js';
import { isUnknownToken, MIN_UNKNOWN_BYTES } from './entropy.js';
import type { Finding } from './findings.js';
import { belongs, knownTokenAt, mayBegin } from './known-tokens.js';
import { labelledValue, type LabelledValue } from './labelled-value.js';
import { beginsPem, endsWithPem, isPrivatePem, PEM_BYTES, pemBlock } from './pem-block.js';
import { placeholderEnd } from './placeholder.js';
import { isSecretName } from './secret-name.js';
import {
  AT,
  classAt,
  classOf,
  DIGIT,
  LABEL_END,
  LETTER_OR_DIGIT,
  SPACE,
  TOKEN,
} from './text-class.js';
import { MAX_HELD_BYTES, TextWindow, type Step } from './text-window.js';
import { webTokenEnd } from './web-token.js';

const NONE = -1;
const SHORTEST_FINDING = 10;
const SHORTEST_GROUP = 4;
const SHORTEST_CARD = 13;
/** Of `drawbridge`, with which placeholders begin. */
const [NAME_BYTES, LETTER_D] = [10, 0x64];
const [COLON, SLASH, PLUS, EQUALS, DASH, DOT, BLANK] = [0x3a, 0x2f, 0x2b, 0x3d, 0x2d, 0x2e, 0x20];
/** Between a label and its `=` or `:` there may be the end of a quotation and a space. */
const MAX_LABEL_GAP = 3;

/**
 * Looks for secrets in running text, in one pass: for each thing that could begin one it is looked at once what it
 * is, so that the time is that of the text's length whatever stands in it.
 */
export class TextScan {
  found: Finding[] = [];
  readonly #window = new TextWindow();
  /** The last run of letters: a label, if `=` or `:` follows. */
  #runStart = NONE;
  #runEnd = NONE;
  /** What is in it, and the first place where something that is known may begin: mostly there is none. */
  #seen = 0;
  #first = NONE;
  /** The `:` of the `://` under way. */
  #url = NONE;
  #held = NONE;

  /** @param unknown - whether what only looks drawn by chance counts too */
  constructor(private readonly unknown = true) {}

  /**
   * @param isLast - nothing comes behind it
   * @returns up to where everything is decided; what begins there needs what comes next
   */
  scan(text: Slice, isLast: boolean): number {
    this.open(text, isLast);
    this.pass(text.start, text.end);
    return this.decided();
  }

  /** Begins with a text, of which then some parts are looked through with {@link pass}. */
  open({ bytes, start, end }: Slice, isLast: boolean): void {
    if (this.found.length > 0) this.found = [];
    const window = this.#window;
    window.bytes = bytes;
    window.start = start;
    window.end = end;
    window.isLast = isLast;
    this.#held = NONE;
  }

  /**
   * @param from - where what stands before it does not matter
   * @returns the first such place behind `beyond`; the end of the text when something is held back before
   */
  pass(from: number, beyond: number): number {
    const { bytes, end } = this.#window;
    this.#runStart = this.#runEnd = this.#url = NONE;
    let at = from;
    while (at < end) {
      if (at > beyond && this.#isFresh(at)) return at;
      const kind = classOf[bytes[at] ?? 0] ?? 0;
      if ((kind & TOKEN) !== 0) at = this.#run(at);
      else if ((kind & (LABEL_END | AT | SPACE)) === 0) at += 1;
      else at = this.#mark(kind, at);
      if (this.#held !== NONE) return end;
    }
    return end;
  }

  /** When the end was reached: up to where everything is decided. */
  decided(): number {
    if (this.#held !== NONE) return this.#held;
    return this.#window.isLast ? this.#window.end : this.#undecided();
  }

  /** Neither a URL nor a label goes on there. */
  #isFresh(at: number): boolean {
    const before = this.#window.bytes[at - 1] ?? 0;
    if (this.#url !== NONE || ((classOf[before] ?? 0) & SPACE) === 0) return false;
    return before !== BLANK || (classAt(this.#window.bytes, at) & TOKEN) !== 0;
  }

  /** Everything was read; what stands at the end may still mean something for what comes next. */
  #undecided(): number {
    const { bytes, end } = this.#window;
    const label = { bytes, start: this.#runStart, end: this.#runEnd };
    const mayLabel = this.#isLabelOf(end) && isSecretName(label, 'end');
    return this.#from(decimalStart(this.#window, mayLabel ? this.#runStart : end));
  }

  /** Where the URL began that is under way at `at`, else `at`. */
  #from(at: number): number {
    if (this.#url !== NONE && this.#window.end - this.#url >= MAX_HELD_BYTES) this.#url = NONE;
    return this.#url === NONE ? at : Math.min(this.#url, at);
  }

  #hold(at: number): number {
    this.#held = this.#from(decimalStart(this.#window, at));
    return at;
  }

  #add(kind: string, start: number, end: number): number {
    this.found.push({ kind, start, end });
    return end;
  }

  #mark(kind: number, at: number): number {
    if ((kind & SPACE) !== 0) {
      this.#url = NONE;
      return at + 1;
    }
    return (kind & AT) !== 0 ? this.#at(at) : this.#labelEnd(at);
  }

  /** Letters, digits and what stands between them in tokens. */
  #run(at: number): number {
    const window = this.#window;
    const stop = this.#endOfRun(at, window.reach(at));
    if (stop === window.end && window.isOpen(at)) return this.#hold(at);
    this.#runStart = at;
    this.#runEnd = stop;
    const early = this.#early(at, stop - at);
    if (early !== at) return this.#take(at, early);
    const isShort = stop - at < SHORTEST_FINDING;
    if (isShort && (stop === window.end || window.bytes[stop] !== DOT)) return stop;
    return this.#examine(at, stop);
  }

  /** Reads it once; what it has seen tells whether there is anything to look for in it. */
  #endOfRun(at: number, reach: number): number {
    const { bytes } = this.#window;
    let stop = at;
    let [seen, before, first] = [0, 0, NONE];
    while (stop < reach) {
      const kind = classOf[bytes[stop] ?? 0] ?? 0;
      if ((kind & TOKEN) === 0) break;
      // Never read beyond the end here: the engine would be prepared for it from then on, which is slow.
      const mayBeFirst = before === 0 && first === NONE && stop + 1 < reach;
      if (mayBeFirst && mayBegin(bytes, stop)) first = stop;
      before = kind & LETTER_OR_DIGIT;
      seen |= before;
      stop += 1;
    }
    this.#seen = seen;
    this.#first = first;
    return stop;
  }

  /** What has to be known before anything else: a placeholder stays, and a card's number is several runs. */
  #early(at: number, length: number): Step {
    const window = this.#window;
    const { bytes, start } = window;
    if (length === NAME_BYTES && bytes[at] === LETTER_D) return placeholderEnd(window, at);
    if (length < SHORTEST_GROUP || (classAt(bytes, at) & DIGIT) === 0) return at;
    // Digits and then letters: too short to be a card's number and something behind it.
    if (length <= SHORTEST_CARD && this.#seen !== DIGIT) return at;
    const card = cardEnd(bytes, at, [window.reach(at), !window.isOpen(at)]);
    if (card === UNDECIDED) return undefined;
    if (card <= at || isFraction({ bytes, start, end: card }, at)) return at;
    return this.#add('card-number', at, card);
  }

  #examine(at: number, stop: number): number {
    const { bytes } = this.#window;
    if (bytes[at] === DASH && beginsPem(bytes, at, stop)) return this.#take(at, this.#pem(at));
    if (this.#first !== NONE) {
      const known = this.#knownIn(this.#first, stop);
      if (known !== NONE) return this.#take(at, known);
    }
    // Behind other signs, as the `+` of a diff or a password without a line end: they are over where the title begins.
    const end = endsWithPem(bytes, at, stop) ? stop - PEM_BYTES : stop;
    const mayBeUnknown = end - at >= MIN_UNKNOWN_BYTES && this.#seen === LETTER_OR_DIGIT;
    const next = mayBeUnknown ? this.#unknown(at, end) : end;
    return end === stop ? this.#take(at, next) : this.#take(end, this.#pem(end));
  }

  /** @returns -1 when there is nothing that is known */
  #knownIn(first: number, stop: number): Step {
    const { bytes } = this.#window;
    let before = 0;
    for (let each = first; each + 1 < stop; each += 1) {
      const end = before === 0 && mayBegin(bytes, each) ? this.#known(each) : each;
      if (end !== each) return end;
      before = classAt(bytes, each) & LETTER_OR_DIGIT;
    }
    return NONE;
  }

  #take(at: number, next: Step): number {
    return next ?? this.#hold(at);
  }

  /** @returns `at` when nothing that is known begins there */
  #known(at: number): Step {
    const window = this.#window;
    const { bytes } = window;
    const webToken = this.#webToken(at);
    if (webToken === undefined) return undefined;
    if (webToken > at) return this.#add('jwt', at, webToken);
    const token = knownTokenAt(bytes, at, window.end);
    if (token === undefined) return at;
    const from = at + token.prefix.length;
    const reach = window.reach(at);
    let stop = from;
    while (stop < reach && belongs(token.characters, bytes[stop] ?? 0)) stop += 1;
    if (stop === window.end && window.isOpen(at)) return undefined;
    return stop - from < token.min ? at : this.#add(token.kind, at, stop);
  }

  /** Not behind what may stand in one: else the same bytes would be read for many of them. */
  #webToken(at: number): Step {
    const before = at === this.#runStart ? SLASH : this.#window.bytes[at - 1];
    return before === SLASH || before === PLUS ? webTokenEnd(this.#window, at) : at;
  }

  #pem(at: number): Step {
    const block = pemBlock(this.#window, at);
    if (block === undefined) return undefined;
    if (block.isPrivate) this.#add('private-key', at, block.end);
    return block.end;
  }

  /** What no one knows but looks like a key, and PEM in base64. */
  #unknown(at: number, stop: number): Step {
    const { bytes } = this.#window;
    const pem = isPrivatePem(bytes, at, stop);
    if (pem !== undefined) return pem ? this.#padded('private-key', at, stop) : stop;
    if (!this.unknown) return stop;
    if (isUnknownToken(bytes, at, stop)) return this.#padded('token', at, stop);
    let from = at;
    for (let each = at; each <= stop; each += 1) {
      if (each < stop && bytes[each] !== SLASH) continue;
      if (isUnknownToken(bytes, from, each)) this.#add('token', from, each);
      from = each + 1;
    }
    return stop;
  }

  /** `=` behind base64 belongs to it. */
  #padded(kind: string, at: number, stop: number): Step {
    const window = this.#window;
    let next = stop;
    while (next < window.end && next < stop + 2 && window.bytes[next] === EQUALS) next += 1;
    const mayGrow = next === window.end && next < stop + 2 && window.isOpen(at);
    return mayGrow ? undefined : this.#add(kind, at, next);
  }

  #isLabelOf(at: number): boolean {
    const { bytes } = this.#window;
    if (this.#runEnd === NONE || at - this.#runEnd > MAX_LABEL_GAP) return false;
    for (let each = this.#runEnd; each < at; each += 1) {
      if (!'"\'\\ '.includes(String.fromCharCode(bytes[each] ?? 0))) return false;
    }
    return true;
  }

  #labelEnd(at: number): number {
    const { bytes, end } = this.#window;
    if (bytes[at] === COLON) {
      const isUrl = this.#isUrl(at);
      if (isUrl === undefined) return this.#hold(this.#isLabelOf(at) ? this.#runStart : at);
      if (isUrl) {
        this.#url = at;
        return Math.min(at + 3, end);
      }
      if (this.#url !== NONE) return at + 1;
    }
    const label = { bytes, start: this.#runStart, end: this.#runEnd };
    if (!this.#isLabelOf(at) || !isSecretName(label, 'end')) return at + 1;
    const value = labelledValue(this.#window, at + 1, this.#runStart);
    return value === undefined ? this.#hold(this.#runStart) : this.#labelled(value);
  }

  #labelled({ start, end, isSecret }: LabelledValue): number {
    if (isSecret) this.#add('labelled', start, end);
    // What is no secret by its label may be one by what it is.
    return isSecret ? end : start;
  }

  /** Whether `//` follows. */
  #isUrl(at: number): boolean | undefined {
    const { bytes, end, isLast } = this.#window;
    for (let each = at + 1; each < at + 3; each += 1) {
      if (each >= end) return isLast ? false : undefined;
      if (bytes[each] !== SLASH) return false;
    }
    return true;
  }

  /** In `://user:password@host` what stands between. */
  #at(at: number): number {
    if (this.#url === NONE || at - this.#url >= MAX_HELD_BYTES) return at + 1;
    const { bytes } = this.#window;
    const from = this.#url + 3;
    let colon = from;
    while (colon < at && bytes[colon] !== COLON && bytes[colon] !== SLASH) colon += 1;
    const isThere = colon + 1 < at && bytes[colon] === COLON;
    if (isThere && placeholderEnd(this.#window, colon + 1) !== at) {
      this.#add('url-password', colon + 1, at);
    }
    return at + 1;
  }
}
