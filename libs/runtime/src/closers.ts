/** What a part has opened, to be closed in reverse order: what was opened last may need what was opened before. */
export class Closers {
  readonly #closers: (() => unknown)[] = [];
  #closed: Promise<void> | undefined;

  /** @param close - waited for when it returns a promise */
  add(close: () => unknown): void {
    this.#closers.unshift(close);
  }

  /** Closes everything, once; fails with the first failure, after all were tried. */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
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
