import type { Slice } from '@drawbridge/json-stream';
import { RE2JS } from 're2js';
import { inOrder, type Finding } from './findings.js';
import { latin1 } from './latin1.js';
import { MaskPatternInvalid } from './mask-pattern-invalid.js';
import { PLACEHOLDER_SHAPE } from './placeholder.js';
import type { Findings, TextDetector } from './text-detectors.js';
import { MAX_HELD_BYTES } from './text-window.js';

const NEWLINE = 0x0a;
const placeholders = new RegExp(PLACEHOLDER_SHAPE, 'g');

/** Something more to look for, as its owner knows it. */
export interface TextPattern {
  /** In the placeholder: `[a-z0-9-]`, 32 letters at most. */
  readonly kind: string;
  /** RE2's syntax; matched within a line. With a group: what the first one matches is masked, the rest stays. */
  readonly pattern: string;
  /** What stands in every match, letter for letter: a line without it is not looked at, which is much faster. */
  readonly literal?: string;
}

/** Off by default: see the README. */
export const emailPattern: TextPattern = {
  kind: 'email',
  pattern: '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+',
  literal: '@',
};

/** A pattern that is ready. */
export interface CompiledPattern {
  readonly kind: string;
  readonly literal: string | undefined;
  readonly expression: RE2JS;
}

/** @throws {@link MaskPatternInvalid} that names the pattern */
export function compilePattern({ kind, pattern, literal }: TextPattern): CompiledPattern {
  if (!/^[a-z0-9-]{1,32}$/.test(kind)) {
    throw new MaskPatternInvalid(
      `"${kind}" is no name of a pattern, expected small letters and dashes`,
    );
  }
  const expression = compiled(kind, pattern);
  if (expression.matcher('').find()) {
    throw new MaskPatternInvalid(`the pattern "${kind}" matches an empty text`);
  }
  return { kind, literal, expression };
}

function compiled(kind: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    throw new MaskPatternInvalid(`the pattern "${kind}" cannot be read`, { cause });
  }
}

/** Patterns of one's own, in one line after the other. A line that is too long is several. */
export class LinePatterns implements TextDetector {
  constructor(private readonly patterns: readonly CompiledPattern[]) {}

  scan({ bytes, start, end }: Slice, isLast: boolean): Findings {
    const found: Finding[] = [];
    let at = start;
    while (at < end) {
      const reach = Math.min(end, at + MAX_HELD_BYTES);
      const newline = bytes.subarray(at, reach).indexOf(NEWLINE);
      if (newline < 0 && !isLast && end - at < MAX_HELD_BYTES) return { found, decided: at };
      const stop = newline < 0 ? reach : at + newline + 1;
      found.push(...this.#line(bytes, at, stop));
      at = stop;
    }
    return { found, decided: end };
  }

  #line(bytes: Uint8Array, start: number, end: number): readonly Finding[] {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    const found = this.patterns.flatMap((pattern) => matches(pattern, line, start));
    if (found.length === 0) return found;
    const masked = Array.from(latin1(line).matchAll(placeholders), ({ index, 0: text }) => ({
      start: start + index,
      end: start + index + text.length,
    }));
    return inOrder(found).filter(
      (each) => !masked.some((other) => each.start < other.end && each.end > other.start),
    );
  }
}

function matches(
  { kind, literal, expression }: CompiledPattern,
  line: Buffer,
  from: number,
): readonly Finding[] {
  if (literal !== undefined && !line.includes(literal)) return [];
  const found: Finding[] = [];
  const matcher = expression.matcher(line);
  while (matcher.find()) {
    const group = matcher.groupCount() > 0 && matcher.start(1) >= 0 ? 1 : 0;
    const [start, end] = [matcher.start(group), matcher.end(group)];
    if (end > start) found.push({ kind, start: from + start, end: from + end });
  }
  return found;
}
