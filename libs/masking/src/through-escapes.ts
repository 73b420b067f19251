import type { Slice } from '@drawbridge/json-stream';
import { escapesIn, hasEscape, readThrough, type Escape } from './escapes.js';
import type { Finding } from './findings.js';
import type { Findings, TextDetector } from './text-detectors.js';
import { MAX_HELD_BYTES } from './text-window.js';

/** What is held back at most of a text with escapes in it, with them; what is longer is judged by this much of it. */
export const MAX_ESCAPED_BYTES = 4 * MAX_HELD_BYTES;

/** Looks through a text as a terminal shows it: a secret with colours in its middle is one, and one that follows a move begins there. */
export class ThroughEscapes implements TextDetector {
  constructor(private readonly detector: TextDetector) {}

  scan(text: Slice, isLast: boolean): Findings {
    if (!hasEscape(text)) return this.detector.scan(text, isLast);
    const found: Finding[] = [];
    let at = text.start;
    for (;;) {
      const end = Math.min(text.end, at + MAX_ESCAPED_BYTES);
      const isEnd = end === text.end;
      const part = { bytes: text.bytes, start: at, end };
      let next = this.#scan(part, isEnd && isLast);
      if (next.decided === at && !isEnd) next = this.#scan(part, true);
      found.push(...next.found);
      at = next.decided;
      if (isEnd) return { found, decided: at };
    }
  }

  #scan({ bytes, start, end: stop }: Slice, isLast: boolean): Findings {
    const { escapes, end } = escapesIn({ bytes, start, end: stop }, isLast);
    const read = readThrough({ bytes, start, end }, escapes);
    const { found, decided } = this.detector.scan(
      { bytes: read, start: 0, end: read.length },
      isLast,
    );
    const placeOf = placesIn(start, escapes);
    const placed = found.map((each) => {
      return { ...each, start: placeOf(each.start), end: placeOf(each.end - 1) + 1 };
    });
    return {
      found: withEscapes(placed, escapes),
      decided: decided === read.length ? end : placeOf(decided),
    };
  }
}

/** Where a byte of what is read stands in the text. */
function placesIn(start: number, escapes: readonly Escape[]): (read: number) => number {
  /** By escape: behind which byte it stands, and how much longer the text is from there on. */
  const [behind, longer]: [number[], number[]] = [[], []];
  for (const escape of escapes) {
    const before = longer.at(-1) ?? 0;
    const blank = escape.moves ? 1 : 0;
    behind.push(escape.start - start - before + blank);
    longer.push(before + escape.end - escape.start - blank);
  }
  return (read) => {
    let [low, high] = [0, behind.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((behind[middle] ?? 0) <= read) low = middle + 1;
      else high = middle;
    }
    return start + read + (longer[low - 1] ?? 0);
  };
}

/** Each, in order, with the escapes that are in it. */
function withEscapes(found: readonly Finding[], escapes: readonly Escape[]): readonly Finding[] {
  let next = 0;
  return found.map((finding) => {
    while ((escapes[next]?.end ?? Infinity) <= finding.start) next += 1;
    const from = next;
    while ((escapes[next]?.start ?? Infinity) < finding.end) next += 1;
    const inside = escapes.slice(from, next);
    // A blank that ends it is a whole escape.
    const end = Math.max(finding.end, inside.at(-1)?.end ?? 0);
    return inside.length === 0 ? finding : { ...finding, end, escapes: inside };
  });
}
