import { Readable } from 'node:stream';

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

/**
 * Lines as a stream, for as long as somebody takes them, once the first is there: until then whatever goes wrong can be
 * answered.
 */
export async function streamOf(
  lines: AsyncGenerator<string, void>,
  giveUp: () => void,
): Promise<Readable> {
  const first = await lines.next();
  const stream = Readable.from(whileTaken(from(first, lines), giveUp), { objectMode: false });
  // One of which nothing was taken lets go of nothing by itself.
  stream.once('close', () => void lines.return());
  return stream;
}

async function* from(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void>,
): AsyncGenerator<string, void> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}
