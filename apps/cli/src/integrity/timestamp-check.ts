import type { CheckpointTimestamp, Seal } from '@drawbridge/contracts';
import {
  openTimestamp,
  parseCheckpoint,
  sha256,
  TimestampRefused,
  unverifiedText,
  type Finding,
} from '@drawbridge/integrity';

/** What time stampers vouch for, of one stream. */
export interface TimestampReport {
  /** Timestamps that prove a checkpoint of this log. */
  readonly count: number;
  /** The newest checkpoint that one of them is of: all before it are in its tree. */
  readonly last?: { readonly size: number; readonly at: string; readonly by: string };
  /** Checkpoints that stand behind it, and so have none. */
  readonly without: number;
  readonly findings: readonly Finding[];
}

interface Stamped {
  readonly at: string;
  readonly by: string;
  readonly position: number;
}

/** Checks what time stampers said of the checkpoints of one stream. Remembers 32 bytes and a time of each. */
export class TimestampCheck {
  readonly #stamped = new Map<string, Stamped>();
  readonly #findings: Finding[] = [];
  #count = 0;
  #last: TimestampReport['last'];
  #without = 0;

  /** @param roots - PEM: who vouches for the time stampers that are believed */
  constructor(
    private readonly stream: string,
    private readonly roots: string,
  ) {}

  async read(timestamps: AsyncIterable<CheckpointTimestamp>): Promise<void> {
    for await (const { note, position, reply } of timestamps) {
      try {
        const content = Buffer.from(note);
        const { at, by } = openTimestamp({
          ...{ reply: Buffer.from(reply, 'base64'), content, roots: this.roots },
        });
        this.#stamped.set(nameOf(note), { at, by, position });
      } catch (error) {
        if (!(error instanceof TimestampRefused)) throw error;
        this.#add(`the timestamp of checkpoint ${position}: ${error.message} (${error.code})`);
      }
    }
  }

  /** The same seals, each of which is looked up on its way. */
  async *of<Sealed extends Seal>(seals: AsyncIterable<Sealed>): AsyncGenerator<Sealed> {
    for await (const seal of seals) {
      this.#look(seal);
      yield seal;
    }
  }

  /** When all seals have passed. */
  report(): TimestampReport {
    for (const { position, at } of this.#stamped.values()) {
      this.#add(
        `a timestamp of ${at} is of a checkpoint that is not in this log any more (it stood at ${position} of CHECKPOINTS)`,
      );
    }
    return {
      count: this.#count,
      ...(this.#last === undefined ? {} : { last: this.#last }),
      without: this.#without,
      findings: this.#findings,
    };
  }

  #look({ note }: Seal): void {
    const name = nameOf(note);
    const stamped = this.#stamped.get(name);
    if (stamped === undefined) {
      this.#without += 1;
      return;
    }
    this.#stamped.delete(name);
    this.#count += 1;
    this.#without = 0;
    this.#last = { size: sizeOf(note), at: stamped.at, by: stamped.by };
  }

  #add(text: string): void {
    this.#findings.push({ kind: 'timestamp', stream: this.stream, text });
  }
}

const nameOf = (note: string): string => sha256(Buffer.from(note)).toString('hex');

/** What it says is checked elsewhere; what cannot be read is told there, too. */
function sizeOf(note: string): number {
  try {
    return parseCheckpoint(unverifiedText(note)).size;
  } catch {
    return 0;
  }
}
