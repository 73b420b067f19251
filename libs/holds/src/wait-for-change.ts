/** How long to wait, and what ends it before. */
export interface Waiting {
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

interface Watched {
  readonly isOver: () => boolean;
  /** Calls back after each change; returns what ends that. */
  readonly onChange: (listener: () => void) => () => void;
}

/** Resolves when it is over, the time is, or the signal aborts; leaves no timer and no listener behind. */
export function waitForChange(
  { waitMs, signal }: Waiting,
  { isOver, onChange }: Watched,
): Promise<void> {
  if (isOver() || signal.aborted || waitMs <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      forget();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, waitMs);
    const forget = onChange(() => {
      if (isOver()) finish();
    });
    signal.addEventListener('abort', finish, { once: true });
  });
}
