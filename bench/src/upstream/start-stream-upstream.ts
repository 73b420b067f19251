import { join } from 'node:path';
import { freePort } from '@drawbridge/embedded';
import { BenchProcess } from '../machine/bench-process.js';
import { waitForAnswer } from '../peers/wait-for-answer.js';
import type { BenchSession } from '../session.js';

/** The upstream that streams, in a process of its own. */
export async function startStreamUpstream(
  session: BenchSession,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const { certificateFile, keyFile } = session.setting;
  const main = join(import.meta.dirname, 'stream-upstream-main.js');
  const running = await BenchProcess.start({
    command: process.execPath,
    args: [main, String(port), certificateFile, keyFile],
    cores: session.plan.upstream,
  });
  await waitForAnswer(`https://127.0.0.1:${port}/readyz`, running);
  return { port, stop: () => running.stop() };
}
