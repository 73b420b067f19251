import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChildWatch } from '@drawbridge/embedded';

const DEADLINE_MS = 120_000;
const POLL_MS = 50;

export interface WaitOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** @default 120 000 */
  readonly deadlineMs?: number;
}

/**
 * Resolves once the address answers 200.
 *
 * @throws ChildEnded at once when the process has ended
 * @throws Error with what was answered last, and what the process said, when that takes longer than the deadline
 */
export async function waitForAnswer(
  url: string,
  { watch }: { readonly watch: ChildWatch },
  { headers = {}, deadlineMs = DEADLINE_MS }: WaitOptions = {},
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const answer = await answerOf(url, headers);
    if (answer === OK) return;
    await watch.requireRunning();
    if (performance.now() >= deadline) {
      throw new Error(`${url} answered last: ${answer}\n${watch.lastWords}`);
    }
    await delay(POLL_MS);
  }
}

const OK = '200';

/** Its status, or why there is none. Nobody's certificate is judged: whether it listens is all that is asked here. */
function answerOf(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const request = send(url, { rejectUnauthorized: false, agent: false, headers }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    request.on('error', ({ message }) => resolve(message));
    request.end();
  });
}
