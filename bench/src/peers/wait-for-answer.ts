import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchProcess } from '../machine/bench-process.js';

const DEADLINE_MS = 120_000;
const POLL_MS = 50;

/**
 * Resolves once the address answers 200.
 *
 * @throws Error with what the process said when it ends, or does not answer within two minutes
 */
export async function waitForAnswer(
  url: string,
  running: BenchProcess,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline && !running.hasEnded) {
    if ((await statusOf(url, headers)) === 200) return;
    await delay(POLL_MS);
  }
  throw new Error(`${url} does not answer: ${running.output}`);
}

/** Whether something listens and answers is all that is asked here, so nobody's certificate is judged. */
function statusOf(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const request = send(url, { rejectUnauthorized: false, agent: false, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', () => resolve(0));
    request.end();
  });
}
