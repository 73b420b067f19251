import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { RevisedBucket } from '@drawbridge/jetstream';
import { z } from 'zod';
import type { StreamPlace } from './stream-export.js';

/** Another replica tells the sink now. */
export class SinkPlaceLost extends Error {
  constructor(sink: string) {
    super(`another replica has taken over the sink ${sink}`);
    this.name = new.target.name;
  }
}

const Sequence = z.int().min(0);

/** What is kept of a sink, in the bucket `drawbridge_exports` under its name. */
export const KeptPlace = z.object({
  /** The process that tells it; `''` when none does. */
  owner: z.string(),
  /** By stream: the last message that it has taken. */
  positions: z.record(z.string(), Sequence),
  /** By stream: the last message of a batch that is being written. */
  intents: z.record(z.string(), Sequence),
  /** By stream: the last record that it took, for as long as it refuses all others. */
  taken: z.record(z.string(), z.object({ sequence: Sequence, line: Sequence })).optional(),
  /** Since when it takes nothing, and the code of why; absent when it takes what it is told. */
  failing: z.object({ since: z.string(), code: z.string() }).optional(),
});
export type KeptPlace = z.infer<typeof KeptPlace>;

export interface SinkPlaceOptions {
  readonly bucket: RevisedBucket;
  readonly sink: string;
  /** This process. */
  readonly owner: string;
  /** Silence after which the place of another process is taken over. It gives a sign of life three times as often. */
  readonly takeOverMs: number;
  /** Where each stream begins of which nothing is kept; called when the place is taken. */
  readonly beginnings: (kept: KeptPlace['positions']) => Promise<KeptPlace['positions']>;
}

const nothing: KeptPlace = { owner: '', positions: {}, intents: {} };

/**
 * Where one sink is in its streams. One process at a time has it: every change names the one before it, so that who was
 * silent for too long finds out at the next step that another has gone on, and never moves the place back.
 */
export class SinkPlace {
  #kept: KeptPlace = nothing;
  #revision = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SinkPlaceOptions) {}

  get kept(): KeptPlace {
    return this.#kept;
  }

  /** Waits until no other process has it, and takes it. Returns false when `signal` came first. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    let seen = { revision: -1, at: 0 };
    while (!signal.aborted) {
      const { kept, revision } = await this.#read();
      if (revision !== seen.revision) seen = { revision, at: performance.now() };
      const isSilent = performance.now() - seen.at >= this.options.takeOverMs;
      const isFree = kept.owner === '' || kept.owner === this.options.owner;
      if ((isFree || isSilent) && (await this.#take(kept, revision))) return true;
      const pauseMs = Math.max(this.options.takeOverMs / 6, 10);
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  /** The place in one of the streams. */
  of(stream: string): StreamPlace {
    const kept = () => this.#kept;
    return {
      get position() {
        return kept().positions[stream] ?? 0;
      },
      get intended() {
        return kept().intents[stream];
      },
      get taken() {
        return kept().taken?.[stream];
      },
      intend: (sequence) =>
        this.change((now) => ({ ...now, intents: { ...now.intents, [stream]: sequence } })),
      advance: (sequence, taken) =>
        this.change((now) => {
          const intents = Object.entries(now.intents).filter(([one]) => one !== stream);
          return {
            ...now,
            intents: Object.fromEntries(intents),
            positions: { ...now.positions, [stream]: sequence },
            ...(taken && { taken: { ...now.taken, [stream]: taken } }),
          };
        }),
    };
  }

  /** A sign of life. @throws SinkPlaceLost */
  renew(failing: KeptPlace['failing']): Promise<void> {
    return this.change(({ owner, positions, intents, taken }) => ({
      ...{ owner, positions, intents },
      ...(taken && { taken }),
      ...(failing && { failing }),
    }));
  }

  /** Lets another have it at once. */
  async release(): Promise<void> {
    await this.change((now) => ({ ...now, owner: '' }));
  }

  /** One change after another, each kept when this resolves. @throws SinkPlaceLost */
  change(alter: (kept: KeptPlace) => KeptPlace): Promise<void> {
    const turn = this.#turn.then(() => this.#write(alter(this.#kept)));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #write(next: KeptPlace): Promise<void> {
    const { bucket, sink, owner } = this.options;
    if (this.#kept.owner !== owner) throw new SinkPlaceLost(sink);
    const written = await bucket
      .replace(sink, next, this.#revision)
      .catch(() => 'unknown' as const);
    if (typeof written === 'number') {
      this.#hold(next, written);
      return;
    }
    const { kept, revision } = await this.#read();
    if (isDeepStrictEqual(kept, next)) {
      this.#hold(next, revision);
      return;
    }
    if (written === 'unknown' && revision === this.#revision) {
      throw new Error(`the place of the sink ${sink} could not be kept`);
    }
    this.#kept = nothing;
    throw new SinkPlaceLost(sink);
  }

  async #take(kept: KeptPlace, revision: number): Promise<boolean> {
    const { bucket, sink, owner, beginnings } = this.options;
    const positions = await beginnings(kept.positions);
    const intents = Object.fromEntries(
      Object.entries(kept.intents).filter(([stream, last]) => last > (positions[stream] ?? 0)),
    );
    const next = { ...kept, owner, positions, intents };
    const written = await bucket.replace(sink, next, revision);
    if (written !== undefined) this.#hold(next, written);
    return written !== undefined;
  }

  #hold(kept: KeptPlace, revision: number): void {
    this.#kept = kept;
    this.#revision = revision;
  }

  async #read(): Promise<{ readonly kept: KeptPlace; readonly revision: number }> {
    const { value, revision } = await this.options.bucket.read(this.options.sink);
    const kept = KeptPlace.safeParse(value);
    return { kept: kept.success ? kept.data : nothing, revision };
  }
}
