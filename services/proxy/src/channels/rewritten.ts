/** Frames of ours instead of those that came. */
export class RewrittenFrames {
  #frames: Buffer[] = [];

  add(frame: Buffer): void {
    this.#frames.push(frame);
  }

  /** The one that goes last. */
  get last(): Buffer | undefined {
    return this.#frames.at(-1);
  }

  /** All that is ready to go, whole frames only. */
  take(): Buffer | undefined {
    const frames = this.#frames;
    if (frames.length === 0) return undefined;
    this.#frames = [];
    const [first] = frames;
    return frames.length === 1 && first !== undefined ? first : Buffer.concat(frames);
  }
}

/** What a reader keeps back because nobody can say yet whether it is a secret. */
export interface HeldOutput {
  /** Something is kept back. */
  readonly holds: boolean;
  /** How long the sender may be silent before it is shown as it is. */
  readonly flushMs: number;
  /** Values that were replaced. */
  readonly masked: number;
  /** The sender is silent. @returns what is shown now */
  flush(): Buffer | undefined;
  /** The sender has sent everything. @returns the rest of it */
  end(): Buffer | undefined;
  /** Nothing more can be shown. */
  over(): void;
}
