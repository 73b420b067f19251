import type { Slice } from '@drawbridge/json-stream';
import { decimalStart } from './card.js';
import { inOrder, type Finding } from './findings.js';
import { compilePattern, LinePatterns, type TextPattern } from './text-pattern.js';
import { SiftedScan } from './sifted-scan.js';
import { ThroughEscapes } from './through-escapes.js';

/** What was found in a part of a text. */
export interface Findings {
  /** In order; none overlaps another, and all are before `decided`. */
  readonly found: readonly Finding[];
  /** What begins here needs what comes next. */
  readonly decided: number;
}

/** Looks for secrets in a text that comes in parts. Keeps nothing between two calls. */
export interface TextDetector {
  /** @param isLast - nothing comes behind it */
  scan(text: Slice, isLast: boolean): Findings;
}

const none: readonly Finding[] = [];

/** What is built in. */
class BuiltIn implements TextDetector {
  readonly #scan: SiftedScan;

  constructor(unknown = true) {
    this.#scan = new SiftedScan(unknown);
  }

  isClean(text: Slice): boolean {
    return this.#scan.isClean(text);
  }

  scan(text: Slice, isLast: boolean): Findings {
    const decided = this.#scan.scan(text, isLast);
    const { found } = this.#scan;
    return found.length === 0 ? { found: none, decided } : upTo(text, inOrder(found), decided);
  }
}

/** What a text is looked through for: each looks through what the one before it has left. */
export interface TextStages {
  readonly stages: readonly TextDetector[];
}

/** Everything that is looked for in running text: what is built in, and then patterns of one's own. */
export class TextDetectors implements TextStages {
  readonly stages: readonly TextDetector[];
  /** For names by which something has to be found again: what only looks drawn by chance stays. */
  readonly inNames: TextStages;
  /** For what a terminal shows: colours in the middle of a secret do not hide it. */
  readonly inTerminals: TextStages;
  readonly #builtIn = new BuiltIn();

  /** @throws MaskPatternInvalid */
  constructor(patterns: readonly TextPattern[] = []) {
    const own = new LinePatterns(patterns.map(compilePattern));
    const more = patterns.length === 0 ? [] : [own];
    this.stages = [this.#builtIn, ...more];
    this.inTerminals = { stages: this.stages.map((stage) => new ThroughEscapes(stage)) };
    this.inNames = { stages: [new BuiltIn(false), ...more] };
  }

  /** Some of it are patterns of one's own, which may match anything. */
  get hasOwn(): boolean {
    return this.stages.length > 1;
  }

  /** Whether nothing is found in a whole text. */
  isClean(text: Slice): boolean {
    if (!this.#builtIn.isClean(text)) return false;
    return this.stages.length === 1 || this.stages[1]?.scan(text, true).found.length === 0;
  }
}

/**
 * Nothing that goes on behind what is decided counts yet; a decimal point before it stays with it, since it says what
 * the digits are.
 */
function upTo(text: Slice, all: readonly Finding[], decided: number): Findings {
  let limit = decided;
  for (const { start, end } of all.toReversed()) {
    if (start < limit && end > limit) limit = decimalStart(text, start);
  }
  return { found: all.filter(({ start }) => start < limit), decided: limit };
}
