import type { Seal } from '@drawbridge/contracts';
import { SealRefused, type Checkpoint, type Gap } from './checkpoint.js';
import { Findings, type Finding } from './finding.js';
import type { KeyRing } from './key-chain.js';
import { emptyLog, follows, openSeal, sequencesOf, type LogEnd, type OpenedSeal } from './seal.js';
import { MessageCheck, type ReadMessage } from './message-check.js';
import { NoteRefused } from './note.js';

export interface StreamToCheck {
  readonly stream: string;
  /** `<name>/<STREAM>` */
  readonly origin: string;
  readonly ring: KeyRing;
  /** In order. */
  readonly seals: AsyncIterable<Seal & { readonly place?: string }>;
  /** In order, as they should be. */
  readonly messages: AsyncIterable<ReadMessage>;
  /** Which sequences should be there, in order. @default all */
  readonly wanted?: readonly Gap[];
  /** What was sealed before may be gone: milliseconds since 1970. @default never */
  readonly keptSince?: number;
  /** The seals are some of the log and need not follow each other. @default false */
  readonly partial?: boolean;
  /** Checkpoints of this log that were kept elsewhere. */
  readonly kept?: readonly Checkpoint[];
}

export interface StreamReport {
  readonly stream: string;
  /** Messages that are what was sealed. */
  readonly verified: number;
  /** Messages behind the last seal, up to 10 000, and when the first of them was stored. */
  readonly unsealed: number;
  readonly unsealedSince?: number;
  /** Sealed messages that were not asked for, or are no longer kept. */
  readonly passedOver: number;
  /** Sequences that the stream itself did not have when it was sealed. */
  readonly gaps: readonly Gap[];
  readonly last?: Pick<Checkpoint, 'size' | 'last' | 'at' | 'root'>;
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

const MAX_GAPS = 1_000;

/**
 * Checks one stream against its seals, in one pass and with little memory.
 *
 * Every seal is checked by itself, must follow the one before it, and says of each message what its link must be. So a
 * message that is not right is found alone, whatever else is wrong.
 */
export async function checkStream(options: StreamToCheck): Promise<StreamReport> {
  const check = new StreamCheck(options);
  for await (const seal of options.seals) await check.seal(seal);
  return check.finish();
}

class StreamCheck {
  readonly #findings: Findings;
  readonly #messages: MessageCheck;
  #end: LogEnd | undefined;
  #last: Checkpoint | undefined;
  /** The latest time of a checkpoint: milliseconds since 1970. */
  #sealedAt = -Infinity;
  /** All sequences up to here were spoken of. */
  #covered = 0;
  readonly #gaps: Gap[] = [];
  /** The first of the wanted ranges that is not all covered. */
  #range = 0;
  readonly #unseen: Set<Checkpoint>;

  constructor(private readonly options: StreamToCheck) {
    const { stream, messages, wanted = [[1, Number.MAX_SAFE_INTEGER]], kept = [] } = options;
    this.#findings = new Findings(stream);
    this.#messages = new MessageCheck({ messages, wanted, findings: this.#findings });
    this.#end = options.partial === true ? undefined : emptyLog(options.origin);
    this.#unseen = new Set(kept);
  }

  async seal(seal: Seal & { readonly place?: string }): Promise<void> {
    const at = seal.place === undefined ? {} : { place: seal.place };
    const opened = this.#open(seal, at);
    if (opened === undefined) {
      // What it would have said of its messages is not known.
      this.#messages.lost = true;
      return;
    }
    const { checkpoint } = opened;
    if (!this.#continues(opened)) {
      this.#findings.add({
        kind: 'checkpoint',
        sequence: checkpoint.first,
        ...at,
        text: this.#notNext(checkpoint),
      });
      // An older one again says nothing new of any message.
      if (this.#last !== undefined && checkpoint.size <= this.#last.size) return;
      this.#messages.lost = true;
    }
    this.#compareKept(checkpoint);
    this.#requireCovered(checkpoint.first - 1);
    this.#covered = checkpoint.last;
    this.#end = opened.end;
    this.#last = checkpoint;
    if (this.#gaps.length < MAX_GAPS) this.#gaps.push(...checkpoint.gaps);
    await this.#messagesOf(opened);
  }

  async finish(): Promise<StreamReport> {
    await this.#messages.finish();
    this.#requireCovered(Number.MAX_SAFE_INTEGER - 1);
    if (this.options.partial !== true) {
      for (const { size, at } of this.#unseen) {
        const text = `the checkpoint of size ${size} of ${at}, which was kept, is not in this log: it was rolled back or is another`;
        this.#findings.add({ kind: 'rolled_back', text });
      }
    }
    const { verified, unsealed, unsealedSince, passedOver } = this.#messages;
    return {
      stream: this.options.stream,
      verified,
      unsealed,
      ...(unsealedSince === undefined ? {} : { unsealedSince }),
      passedOver,
      gaps: this.#gaps,
      ...(this.#last === undefined ? {} : { last: this.#last }),
      findings: this.#findings.list,
      findingCount: this.#findings.count,
    };
  }

  #open(seal: Seal, at: { readonly place?: string }): OpenedSeal | undefined {
    const { origin, ring } = this.options;
    try {
      return ring.open((key) => openSeal(seal, { name: origin, key }));
    } catch (error) {
      if (!(error instanceof NoteRefused || error instanceof SealRefused)) throw error;
      const behind =
        this.#last === undefined ? 'the first one' : `the one after size ${this.#last.size}`;
      const text = `${behind}: ${error.message} (${error.code})`;
      this.#findings.add({ kind: 'checkpoint', ...this.#nextSequence(), ...at, text });
      this.#end = undefined;
      return undefined;
    }
  }

  #nextSequence(): { readonly sequence?: number } {
    return this.#end === undefined ? {} : { sequence: this.#end.lastSequence + 1 };
  }

  #continues(opened: OpenedSeal): boolean {
    const { checkpoint } = opened;
    if (this.options.partial !== true && this.#end !== undefined) return follows(opened, this.#end);
    // Behind one that could not be read, and where only some seals are given: further on, at least.
    if (this.#last === undefined) return true;
    if (this.#end !== undefined && checkpoint.first === this.#end.lastSequence + 1) {
      return follows(opened, this.#end);
    }
    return checkpoint.first > this.#last.last && checkpoint.size > this.#last.size;
  }

  /** Where only some seals are given: each wanted message must be in one of them. */
  #requireCovered(upTo: number): void {
    if (this.options.partial !== true) return;
    const { wanted = [] } = this.options;
    // Those before were spoken of: a list of many is gone through once, and not once for each seal.
    while ((wanted[this.#range]?.[1] ?? Infinity) <= this.#covered) this.#range += 1;
    for (let index = this.#range; index < wanted.length; index += 1) {
      const [from, to] = wanted[index] ?? [Infinity, 0];
      if (from > upTo) break;
      const [first, last] = [Math.max(from, this.#covered + 1), Math.min(to, upTo)];
      if (first > last) continue;
      const text = `no checkpoint speaks of the messages ${first} to ${last}`;
      this.#findings.add({ kind: 'unsealed', sequence: first, to: last, text });
    }
  }

  #notNext({ size, first }: Checkpoint): string {
    const { size: before = 0, last = 0 } = this.#last ?? {};
    if (size <= before) {
      return `the checkpoint of size ${size} stands behind one of size ${before}: an older one was put in again, or there are two logs`;
    }
    if (first > last + 1) {
      return `the checkpoint of size ${size} begins at sequence ${first}, the one before it ends at ${last}: checkpoints between them are missing`;
    }
    return `the checkpoint of size ${size} does not go on from the tree of size ${before}: there are two logs`;
  }

  #compareKept({ size, root }: Checkpoint): void {
    for (const kept of this.#unseen) {
      if (kept.size !== size) continue;
      this.#unseen.delete(kept);
      if (Buffer.from(kept.root).equals(root)) continue;
      const text = `the checkpoint of size ${size} of ${kept.at}, which was kept, has another root: the past was changed`;
      this.#findings.add({ kind: 'rolled_back', sequence: kept.last, text });
    }
  }

  async #messagesOf({ checkpoint, links }: OpenedSeal): Promise<void> {
    const { version } = checkpoint;
    let previous = checkpoint.previous;
    // Sealed behind those before it, whatever its clock says: one that was put back makes nothing old.
    this.#sealedAt = Math.max(this.#sealedAt, Date.parse(checkpoint.at));
    const aged = this.#sealedAt < (this.options.keptSince ?? -Infinity);
    let index = 0;
    for (const sequence of sequencesOf(checkpoint)) {
      const link = links[index] ?? previous;
      await this.#messages.expect({ sequence, previous, link, version, aged });
      previous = link;
      index += 1;
    }
    this.#messages.endOfSeal();
  }
}
