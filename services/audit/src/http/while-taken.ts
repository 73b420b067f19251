/** Few may follow at once: whoever takes nothing in this time keeps others from it. */
const TAKEN_WITHIN_MS = 60_000;

/**
 * Passes lines on for as long as somebody takes them. A reader who does not is not waited for: nobody else would ever
 * find out that it has gone.
 *
 * @param giveUp - called when a line has not been taken for `withinMs`
 */
export async function* whileTaken(
  lines: AsyncIterable<string>,
  giveUp: () => void,
  withinMs = TAKEN_WITHIN_MS,
): AsyncGenerator<string, void> {
  for await (const line of lines) {
    const timer = setTimeout(giveUp, withinMs).unref();
    try {
      yield line;
    } finally {
      clearTimeout(timer);
    }
  }
}
