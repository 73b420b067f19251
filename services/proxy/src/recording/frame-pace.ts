import type { ChannelSession } from '../channels/channel-session.js';

/** Larger ones cost as their bytes do, and are held up by whoever reads them. */
const SMALL_BYTES = 256;
const PER_SECOND = 1_000;
/** A paste that was cut into letters, and a window drawn larger for a long time. */
const BURST = 1_000;

/**
 * Lets a client send so many small frames a second, each of which is one of the recording: 1000, and 1000 at once. One
 * that sends more waits until it has made up for them, so that keys and window sizes that nobody types keep nobody
 * else waiting. Nothing is dropped.
 */
export class FramePace {
  #debt = 0;
  #at: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param now - milliseconds that only go forward */
  constructor(
    private readonly session: Pick<ChannelSession, 'hold' | 'release'>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#at = now();
  }

  /** A frame of the client with so many bytes has passed. */
  passed(bytes: number): void {
    if (bytes >= SMALL_BYTES) return;
    this.#forgive();
    this.#debt += 1;
    if (this.#debt <= BURST || this.#timer !== undefined) return;
    this.session.hold('pace');
    this.#wait();
  }

  #forgive(): void {
    const now = this.now();
    this.#debt = Math.max(0, this.#debt - ((now - this.#at) * PER_SECOND) / 1_000);
    this.#at = now;
  }

  /** What came in the same piece as the first one too many has passed too. */
  #wait(): void {
    const ms = Math.ceil(((this.#debt - BURST) * 1_000) / PER_SECOND) + 1;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#forgive();
      if (this.#debt > BURST) this.#wait();
      else this.session.release('pace');
    }, ms);
    this.#timer.unref();
  }
}
