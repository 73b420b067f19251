import { MAX_SEALED_GAPS, MAX_SEALED_MESSAGES, type Seal } from '@drawbridge/contracts';
import {
  checkpointText,
  openCheckpoint,
  SealRefused,
  type Checkpoint,
  type Gap,
  type SealVersion,
} from './checkpoint.js';
import { firstLink, linkOf, type SealedMessage } from './link.js';
import {
  append,
  emptyFrontier,
  frontierLength,
  HASH_BYTES,
  leafHash,
  rootOf,
  type Frontier,
} from './merkle.js';
import { signNote, type Named, type PublicKey, type Signer } from './note.js';

/** Where the log of a stream ends: all that must be known to go on with it. */
export interface LogEnd {
  readonly origin: string;
  readonly frontier: Frontier;
  readonly link: Uint8Array;
  readonly lastSequence: number;
}

export const emptyLog = (origin: string): LogEnd => ({
  origin,
  frontier: emptyFrontier,
  link: firstLink(origin),
  lastSequence: 0,
});

/** Takes the next messages of a stream, one by one and in order, into one seal. Keeps 32 bytes of each. */
export class SealBuilder {
  #end: LogEnd;
  readonly #links: Uint8Array[] = [];
  readonly #gaps: Gap[] = [];

  /** @param version - of messages that get {@link lineDigest} as their digest: 2, as all do now */
  constructor(
    private readonly start: LogEnd,
    private readonly version: SealVersion,
  ) {
    this.#end = start;
  }

  get count(): number {
    return this.#links.length;
  }

  get end(): LogEnd {
    return this.#end;
  }

  /** Whether it takes no more: what comes next belongs to the next seal. */
  get full(): boolean {
    return this.#links.length >= MAX_SEALED_MESSAGES || this.#gaps.length >= MAX_SEALED_GAPS;
  }

  add(message: SealedMessage): void {
    const { origin, frontier, link: previous, lastSequence } = this.#end;
    if (message.sequence <= lastSequence) throw new RangeError('messages are sealed in order');
    if (message.sequence > lastSequence + 1) {
      this.#gaps.push([lastSequence + 1, message.sequence - 1]);
    }
    const link = linkOf(previous, message);
    this.#links.push(link);
    this.#end = {
      origin,
      frontier: append(frontier, leafHash(link)),
      link,
      lastSequence: message.sequence,
    };
  }

  seal(signer: Signer, at: string): Seal {
    const { origin, frontier, link, lastSequence } = this.#end;
    const text = checkpointText({
      origin,
      size: frontier.size,
      root: rootOf(frontier),
      first: this.start.lastSequence + 1,
      last: lastSequence,
      gaps: this.#gaps,
      previous: this.start.link,
      link,
      at,
      version: this.version,
    });
    return {
      note: signNote(text, [{ name: origin, key: signer }]),
      frontier: this.start.frontier.hashes.map((hash) => Buffer.from(hash).toString('base64')),
      links: Buffer.concat(this.#links).toString('base64'),
    };
  }
}

/** A seal that was checked: its signature, and that its links make the tree that is signed. */
export interface OpenedSeal {
  readonly checkpoint: Checkpoint;
  readonly before: Frontier;
  readonly end: LogEnd;
  /** One for each message, in order. */
  readonly links: readonly Uint8Array[];
}

/**
 * Checks a seal with nothing but the public key of its log. Whether it follows the one before is another question:
 * {@link follows}.
 *
 * @throws NoteRefused, SealRefused
 */
export function openSeal(seal: Seal, log: Named<PublicKey>): OpenedSeal {
  const checkpoint = openCheckpoint(seal.note, log);
  const links = linksOf(seal.links);
  requireCounts(checkpoint, { links: links.length, frontier: seal.frontier.length });
  const before: Frontier = {
    size: checkpoint.size - links.length,
    hashes: seal.frontier.map((hash) => Buffer.from(hash, 'base64')),
  };
  let frontier = before;
  for (const link of links) frontier = append(frontier, leafHash(link));
  const { origin, link, last: lastSequence } = checkpoint;
  const isSigned =
    rootOf(frontier).equals(checkpoint.root) && Buffer.from(links.at(-1) ?? []).equals(link);
  if (isSigned) return { checkpoint, before, links, end: { origin, frontier, link, lastSequence } };
  throw new SealRefused(
    'seal_root_wrong',
    `the links beside the checkpoint of size ${checkpoint.size} make another tree than the one that is signed`,
  );
}

/** The links of a seal that nobody has opened. */
export function linksOf(text: string): readonly Uint8Array[] {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: Math.floor(bytes.length / HASH_BYTES) }, (_, n) =>
    bytes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES),
  );
}

function requireCounts(
  { size, first, last, gaps }: Checkpoint,
  found: { readonly links: number; readonly frontier: number },
): void {
  let from = first;
  let missing = 0;
  for (const [start, end] of gaps) {
    if (start < from || end < start) throw malformed(size);
    missing += end - start + 1;
    from = end + 1;
  }
  const wanted = last - first + 1 - missing;
  const counts =
    from <= last &&
    wanted > 0 &&
    found.links === wanted &&
    size >= wanted &&
    found.frontier === frontierLength(size - wanted);
  if (!counts) throw malformed(size);
}

const malformed = (size: number) =>
  new SealRefused(
    'seal_malformed',
    `the checkpoint of size ${size} has not as many links as it speaks of messages`,
  );

/** Whether a seal goes on exactly where a log ended. */
export const follows = ({ checkpoint, before }: OpenedSeal, end: LogEnd): boolean =>
  checkpoint.origin === end.origin &&
  checkpoint.first === end.lastSequence + 1 &&
  before.size === end.frontier.size &&
  rootOf(before).equals(rootOf(end.frontier)) &&
  Buffer.from(checkpoint.previous).equals(end.link);

/** The sequences of the messages of a checkpoint, in order; as many as it has links. */
export function* sequencesOf({ first, last, gaps }: Checkpoint): Generator<number> {
  const ends = new Map(gaps);
  for (let sequence = first; sequence <= last; sequence += 1) {
    const end = ends.get(sequence);
    if (end === undefined) yield sequence;
    else sequence = end;
  }
}
