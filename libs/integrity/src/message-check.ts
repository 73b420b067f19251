import type { Gap, SealVersion } from './checkpoint.js';
import type { Finding, Findings } from './finding.js';
import { lineDigest } from './line-tree.js';
import { linkOf, type SealedMessage } from './link.js';
import { sha256 } from './merkle.js';

/** A message as somebody gives it. */
export interface ReadMessage extends SealedMessage {
  /** SHA-256 of its data: what it is under seals of version 1. */
  readonly digest: Uint8Array;
  /** What it is under seals of version 2. Absent: nothing. */
  readonly lineDigest?: Uint8Array;
  /** Where it was read: file and line. */
  readonly place?: string;
  /** What is wrong with it by itself, such as a line that its rows do not have. */
  readonly flaws?: readonly Flaw[];
}
export type Flaw = Pick<Finding, 'kind' | 'text'> & Partial<Pick<Finding, 'line' | 'row'>>;

/** What the seal says of one message. */
export interface Expected {
  readonly sequence: number;
  readonly previous: Uint8Array;
  readonly link: Uint8Array;
  readonly version: SealVersion;
  /** It may be gone: it is only kept for a time. */
  readonly aged?: boolean;
}

export interface MessagesToCheck {
  readonly messages: AsyncIterable<ReadMessage>;
  /** In order. */
  readonly wanted: readonly Gap[];
  readonly findings: Findings;
}

/** How many messages that stand at the wrong place are remembered, and how many that are missing. */
const MAX_REMEMBERED = 1_000;
/** A stream that grows while it is read has no end. */
const MAX_UNSEALED = 10_000;

/** Puts messages beside what was sealed of them. */
export class MessageCheck {
  verified = 0;
  unsealed = 0;
  /** When the first of them was stored. */
  unsealedSince: number | undefined;
  passedOver = 0;
  /** A seal could not be read: messages that no other one speaks of are unsealed, and that was said. */
  lost = false;
  readonly #source: Ahead;
  /** Read before their turn. */
  readonly #early = new Map<number, ReadMessage>();
  #altered: { readonly expected: Expected; readonly message: ReadMessage }[] = [];
  #missing: Gap | undefined;
  #seen = false;
  /** The first of the wanted ranges that does not end before the last sequence that was asked for. */
  #range = 0;

  constructor(private readonly options: MessagesToCheck) {
    this.#source = new Ahead(options.messages);
  }

  /** The next sequence that was sealed. */
  async expect(expected: Expected): Promise<void> {
    const { sequence } = expected;
    await this.#reach(sequence);
    const next = await this.#source.peek();
    if (this.#takeEarly(expected, next)) return;
    if (next?.sequence === sequence) {
      this.#compare(expected, await this.#rightOf(expected, next));
      return;
    }
    if (this.#isWanted(sequence) && expected.aged !== true) this.#miss(sequence);
    else this.passedOver += 1;
  }

  /** Whether it stood too early. One that only claims this place, which has another, does not. */
  #takeEarly(expected: Expected, next: ReadMessage | undefined): boolean {
    const { sequence } = expected;
    const early = this.#early.get(sequence);
    if (early === undefined) return false;
    this.#early.delete(sequence);
    if (next?.sequence === sequence && !isRight(expected, early)) {
      this.#reportAdded(early);
      return false;
    }
    this.#report('reordered', early, `message ${sequence} does not stand where it belongs`);
    this.#compare(expected, early);
    return true;
  }

  /** Of two that claim the same place the one that was sealed; the other is of somewhere else. */
  async #rightOf(expected: Expected, next: ReadMessage): Promise<ReadMessage> {
    const after = await this.#source.peekAfter();
    this.#source.take();
    const second = after?.sequence === expected.sequence && isRight(expected, after);
    if (!second || isRight(expected, next)) return next;
    this.#reportAdded(next);
    this.#source.take();
    return after;
  }

  /** Messages whose contents were swapped can be told from those that were changed. */
  endOfSeal(): void {
    this.lost = false;
    const altered = this.#altered;
    this.#altered = [];
    for (const { expected, message } of altered) {
      const other = altered.find(
        (one) => one.message !== message && isIn(expected, message, one.message),
      );
      if (other === undefined) this.#reportAltered(message);
      else {
        const text = `message ${message.sequence} stands where message ${other.message.sequence} belongs`;
        this.#report('reordered', message, text);
      }
    }
  }

  async finish(): Promise<void> {
    this.#endMissing('truncated');
    for (const message of this.#early.values()) this.#reportAdded(message);
    this.#early.clear();
    for (
      let next = await this.#source.peek();
      next !== undefined && this.unsealed < MAX_UNSEALED;
    ) {
      this.unsealedSince ??= next.storedAt;
      this.#source.take();
      this.unsealed += 1;
      next = await this.#source.peek();
    }
  }

  /** Passes over what stands before a sequence and does not belong there. */
  async #reach(sequence: number): Promise<void> {
    for (;;) {
      const next = await this.#source.peek();
      if (next === undefined) return;
      const after = await this.#source.peekAfter();
      const isEarly =
        next.sequence > sequence && after !== undefined && after.sequence < next.sequence;
      if (next.sequence >= sequence && !isEarly) return;
      this.#source.take();
      if (next.sequence < sequence) this.#late(next);
      else this.#remember(next);
    }
  }

  #late(message: ReadMessage): void {
    if (this.lost) this.unsealed += 1;
    else this.#reportAdded(message);
  }

  #remember(message: ReadMessage): void {
    if (this.#early.size < MAX_REMEMBERED && !this.#early.has(message.sequence)) {
      this.#early.set(message.sequence, message);
    } else this.#reportAdded(message);
  }

  #compare(expected: Expected, message: ReadMessage): void {
    this.#endMissing('dropped');
    this.#seen = true;
    const right = isRight(expected, message);
    if (right) this.verified += 1;
    const { flaws = [] } = message;
    for (const { kind, ...flaw } of flaws) {
      this.options.findings.add({ kind, sequence: message.sequence, ...placeOf(message), ...flaw });
    }
    if (right || flaws.length > 0) return;
    if (this.#altered.length < MAX_REMEMBERED) this.#altered.push({ expected, message });
    else this.#reportAltered(message);
  }

  #isWanted(sequence: number): boolean {
    const { wanted } = this.options;
    while ((wanted[this.#range]?.[1] ?? Infinity) < sequence) this.#range += 1;
    return (wanted[this.#range]?.[0] ?? Infinity) <= sequence;
  }

  #miss(sequence: number): void {
    const [from, to] = this.#missing ?? [sequence, sequence - 1];
    if (sequence === to + 1) this.#missing = [from, sequence];
    else {
      this.#endMissing('dropped');
      this.#missing = [sequence, sequence];
    }
  }

  #endMissing(kind: 'dropped' | 'truncated'): void {
    if (this.#missing === undefined) return;
    const [sequence, to] = this.#missing;
    this.#missing = undefined;
    const several = to > sequence;
    const which = several ? `messages ${sequence} to ${to} were` : `message ${sequence} was`;
    const where = kind === 'truncated' && this.#seen ? 'not there, nor is any behind' : 'not there';
    const text = `${which} sealed and ${several ? 'are' : 'is'} ${where}`;
    this.options.findings.add({ kind, sequence, ...(several ? { to } : {}), text });
  }

  #reportAltered(message: ReadMessage): void {
    this.#report('altered', message, `message ${message.sequence} is not what was sealed`);
  }

  #reportAdded(message: ReadMessage): void {
    const text = `message ${message.sequence} stands there twice, or was never sealed there`;
    this.#report('added', message, text);
  }

  #report(kind: Finding['kind'], message: ReadMessage, text: string): void {
    this.options.findings.add({ kind, sequence: message.sequence, ...placeOf(message), text });
  }
}

const placeOf = ({ place }: ReadMessage): { readonly place?: string } =>
  place === undefined ? {} : { place };

/** A message as both versions need it. */
export const digestsOf = (data: Uint8Array): Pick<ReadMessage, 'digest' | 'lineDigest'> => ({
  digest: sha256(data),
  lineDigest: lineDigest(data),
});

const NOTHING = new Uint8Array();
const digestAs = (version: SealVersion, { digest, lineDigest: lines = NOTHING }: ReadMessage) =>
  version === 1 ? digest : lines;

const isRight = ({ previous, link, version }: Expected, message: ReadMessage): boolean =>
  linkOf(previous, { ...message, digest: digestAs(version, message) }).equals(link);

/** Whether what should stand here stands at the place of another message, with its time and subject or without. */
function isIn(
  { sequence, previous, link, version }: Expected,
  here: ReadMessage,
  there: ReadMessage,
): boolean {
  const digest = digestAs(version, there);
  return [
    { ...there, sequence, digest },
    { ...here, digest },
  ].some((message) => linkOf(previous, message).equals(link));
}

/** Reads up to two messages ahead. */
class Ahead {
  readonly #iterator: AsyncIterator<ReadMessage>;
  readonly #buffer: ReadMessage[] = [];
  #done = false;

  constructor(messages: AsyncIterable<ReadMessage>) {
    this.#iterator = messages[Symbol.asyncIterator]();
  }

  async peek(): Promise<ReadMessage | undefined> {
    await this.#fill(1);
    return this.#buffer[0];
  }

  async peekAfter(): Promise<ReadMessage | undefined> {
    await this.#fill(2);
    return this.#buffer[1];
  }

  take(): void {
    this.#buffer.shift();
  }

  async #fill(count: number): Promise<void> {
    while (this.#buffer.length < count && !this.#done) {
      const read = await this.#iterator.next();
      if (read.done === true) this.#done = true;
      else this.#buffer.push(read.value);
    }
  }
}
