import { neutralise } from '@drawbridge/kernel';

/** What is shown before and behind the first hit. */
const AROUND = 60;
/** Text is searched in parts of this length, so that many short ones cost no more than a long one. */
const PART = 16_384;
const HTML: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };

/** What was found in one text. */
export interface Found {
  readonly hits: number;
  readonly excerpt: string;
  /** Of where the first hit ends. */
  readonly seconds: number;
}

/** Lower case of the same length, so that a place in it is the same place in the text. */
function folded(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return Array.from(text, (character) => {
    const small = character.toLowerCase();
    return small.length === character.length ? small : character;
  }).join('');
}

/**
 * The ways in which a text may stand in a body: as it is, as JSON writes it, and as Go's JSON does, which API servers
 * answer with.
 */
export function waysToWrite(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const escaped = json.replace(/[<>&]/g, (character) => HTML[character] ?? character);
  return [...new Set([text, json, escaped])];
}

/** Looks for a text, whatever the case of its letters, in another one that comes in pieces. */
export class SoughtText {
  readonly #ways: readonly string[];
  readonly #longest: number;
  #text = '';
  /** So much of `#text` was searched before. */
  #known = 0;
  /** From where on in `#text` pieces are of which second. */
  #marks: [at: number, seconds: number][] = [];
  #hits = 0;
  #first: { readonly excerpt: string; readonly seconds: number } | undefined;

  /** @param ways - at least one; any of them is a hit */
  constructor(ways: readonly string[]) {
    this.#ways = ways.map(folded);
    this.#longest = Math.max(...this.#ways.map(({ length }) => length));
  }

  add(piece: string, seconds = 0): void {
    if (this.#marks.at(-1)?.[1] !== seconds) this.#marks.push([this.#text.length, seconds]);
    this.#text += piece;
    if (this.#text.length - this.#known >= PART) this.#search(false);
  }

  finish(): Found | undefined {
    this.#search(true);
    return this.#first && { ...this.#first, hits: this.#hits };
  }

  #search(isEnd: boolean): void {
    const text = this.#text;
    // What ends later is left for the next time, with what stands behind it.
    const until = isEnd ? text.length : Math.max(this.#known, text.length - AROUND);
    const lower = folded(text);
    const ends = this.#ways.flatMap((way) => endsIn(lower, way, { after: this.#known, until }));
    this.#hits += ends.length;
    const [first] = ends.toSorted((one, other) => one.end - other.end);
    if (this.#first === undefined && first !== undefined) {
      this.#first = { excerpt: around(text, first), seconds: this.#secondsAt(first.end - 1) };
    }
    this.#keepFrom(Math.max(0, until - this.#longest - AROUND), until);
  }

  #keepFrom(start: number, until: number): void {
    const seconds = this.#secondsAt(start);
    const later = this.#marks.filter(([at]) => at > start);
    this.#marks = [[0, seconds], ...later.map(([at, of]): [number, number] => [at - start, of])];
    this.#text = this.#text.slice(start);
    this.#known = until - start;
  }

  #secondsAt(place: number): number {
    return this.#marks.findLast(([at]) => at <= place)?.[1] ?? 0;
  }
}

interface Hit {
  readonly start: number;
  readonly end: number;
}

/** Hits that end behind one place and not behind another; they do not overlap. */
function endsIn(
  text: string,
  way: string,
  { after, until }: { readonly after: number; readonly until: number },
): Hit[] {
  const hits: Hit[] = [];
  for (let from = Math.max(0, after - way.length + 1); ;) {
    const start = text.indexOf(way, from);
    const end = start + way.length;
    if (start === -1 || end > until) return hits;
    hits.push({ start, end });
    from = end;
  }
}

/** Whole characters; what is left out is shown as `…`. */
function around(text: string, { start, end }: Hit): string {
  const [from, to] = [Math.max(0, start - AROUND), Math.min(text.length, end + AROUND)];
  const part = text.slice(from, to).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
  const line = part.replace(/\s+/g, ' ').trim();
  return neutralise(`${from > 0 ? '…' : ''}${line}${to < text.length ? '…' : ''}`);
}
