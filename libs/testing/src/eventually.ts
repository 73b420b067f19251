import { setTimeout as delay } from 'node:timers/promises';
import { ChildEnded } from '@drawbridge/embedded';

/**
 * Waits until `check` does not throw any more and returns its result; for integration tests that watch
 * another process. Throws what `check` threw last, and at once when that is a {@link ChildEnded}. The time allowed
 * costs nothing when all is well, and is that of a slow and busy machine.
 */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  { timeoutMs = 45_000 }: { readonly timeoutMs?: number } = {},
): Promise<Result> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (error instanceof ChildEnded || Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}
