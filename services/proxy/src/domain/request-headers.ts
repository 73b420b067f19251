/** Headers that the gateway reads; of all others only the name is looked at. */
const known = [
  'accept',
  'accept-encoding',
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'if-modified-since',
  'if-none-match',
  'transfer-encoding',
  'upgrade',
  'user-agent',
] as const;
export type KnownHeader = (typeof known)[number];

/** Headers of which a second one is read differently by different servers. */
const single: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'content-encoding',
  'expect',
  'upgrade',
]);

/** What a header name, in one spelling, means to us. */
interface Meaning {
  /** Place among the known; -1: none of them. */
  readonly index: number;
  readonly single: boolean;
  readonly impersonates: boolean;
}

/** A body that a head announces, with its length if it says so. */
export interface AnnouncedBody {
  readonly length?: number;
}

/** The body of `length`, or, when `follows`, of a length that its end will tell. */
export function bodyAnnouncedBy(
  length: string | undefined,
  follows: boolean,
): AnnouncedBody | undefined {
  if (length !== undefined) return length === '0' ? undefined : { length: Number(length) };
  return follows ? {} : undefined;
}

const indexes = new Map<string, number>(known.map((name, index) => [name, index]));
const MAX_SPELLINGS = 4_096;
const MAX_SPELLING = 64;
/** Clients send the same names over and over: each spelling is looked at once. */
const spellings = new Map<string, Meaning>();

/** The headers of one request, read once. */
export class RequestHeaders {
  readonly count: number;
  /** A header that must not be there twice, and is. */
  readonly repeated: KnownHeader | undefined;
  /** One of the `Impersonate-` family is there, in whatever spelling. */
  readonly impersonates: boolean;
  /** The body that they announce over HTTP/1.1. */
  readonly announced: AnnouncedBody | undefined;
  readonly #values: (string | undefined)[] = new Array<undefined>(known.length).fill(undefined);

  /** @param raw - name, value, name, value, … with every duplicate */
  constructor(readonly raw: readonly string[]) {
    this.count = raw.length / 2;
    let impersonates = false;
    let repeated = -1;
    for (let at = 0; at < raw.length; at += 2) {
      const meaning = meaningOf(raw[at] ?? '');
      if (meaning.impersonates) impersonates = true;
      const { index } = meaning;
      if (index === -1) continue;
      const value = raw[at + 1] ?? '';
      const before = this.#values[index];
      if (before !== undefined && meaning.single) repeated = index;
      this.#values[index] = before === undefined ? value : `${before}, ${value}`;
    }
    this.impersonates = impersonates;
    this.repeated = known[repeated];
    const coded = this.value('transfer-encoding') !== undefined;
    this.announced = bodyAnnouncedBy(this.value('content-length'), coded);
  }

  /** The value of a header, several joined by commas; `undefined` when it is absent. */
  value(name: KnownHeader): string | undefined {
    return this.#values[indexes.get(name) ?? -1];
  }
}

function meaningOf(spelling: string): Meaning {
  const before = spellings.get(spelling);
  if (before !== undefined) return before;
  const name = spelling.toLowerCase();
  const index = indexes.get(name) ?? -1;
  const meaning = { index, single: single.has(name), impersonates: isImpersonation(name) };
  if (spelling.length > MAX_SPELLING) return meaning;
  // Whoever fills it with names of its own makes others pay a look, not a wrong one.
  if (spellings.size >= MAX_SPELLINGS) spellings.clear();
  spellings.set(spelling, meaning);
  return meaning;
}

/** In any case, with `_` or percent-encoding, or behind a prefix. */
function isImpersonation(name: string): boolean {
  const plain = name.replaceAll(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return plain
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
    .includes('impersonate');
}
