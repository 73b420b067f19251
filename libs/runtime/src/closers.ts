/** Enough time after that is left of what a process has to end in. */
const CUT_SHORT_MS = 20_000;

export interface CloserOptions {
  /** Closed 20 s after closing began even if its turn has not come, so that what waits for it fails, and is closed. @default false */
  readonly cutShort?: boolean;
}

interface Closer extends CloserOptions {
  readonly close: () => Promise<unknown>;
}

/** What a part has opened, to be closed in reverse order: what was opened last may need what was opened before. */
export class Closers {
  readonly #closers: Closer[] = [];
  #closed: Promise<void> | undefined;

  /** @param close - waited for when it returns a promise */
  add(close: () => unknown, options: CloserOptions = {}): void {
    this.#closers.unshift({ ...options, close: once(close) });
  }

  /** Closes everything, once; fails with the first failure, after all were tried. */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    const timer = setTimeout(() => this.#cutShort(), CUT_SHORT_MS);
    for (const { close } of this.#closers) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    clearTimeout(timer);
    if (failures.length > 0) throw failures[0];
  }

  /** What fails is told when its turn comes. */
  #cutShort(): void {
    for (const { close, cutShort } of this.#closers) {
      if (cutShort === true) close().catch(() => undefined);
    }
  }
}

function once(close: () => unknown): () => Promise<unknown> {
  let closed: Promise<unknown> | undefined;
  return () => {
    closed ??= new Promise((resolve) => resolve(close()));
    return closed;
  };
}

/** Runs a start that opens several parts. When it fails, what it had opened is closed, and the failure passed on. */
export async function closeOnFailure<Started>(
  start: (closers: Closers) => Promise<Started>,
): Promise<Started> {
  const closers = new Closers();
  try {
    return await start(closers);
  } catch (error) {
    // Why it did not start is the news; that a part of a failed start does not close either is not.
    await closers.close().catch(() => undefined);
    throw error;
  }
}
