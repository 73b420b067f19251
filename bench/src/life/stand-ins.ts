import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ChildWatch, type SignedRequest } from '@drawbridge/embedded';
import {
  StandInsMessage,
  type Ready,
  type SignPresses,
  type StandInsSetting,
} from './stand-ins-messages.js';

/** The stand-ins in their process, which ends with this one. */
export class StandIns {
  private constructor(
    private readonly child: ChildProcess,
    private readonly watch: ChildWatch,
    /** Where they are. */
    readonly at: Ready,
  ) {}

  static async start(setting: StandInsSetting): Promise<StandIns> {
    const program = new URL('stand-ins-main.js', import.meta.url);
    const child = fork(program, [JSON.stringify(setting)], { execArgv: [], silent: true });
    const watch = new ChildWatch(child, { name: 'the process of the stand-ins' });
    const at = await nextMessage(child, watch);
    if (at.kind !== 'ready') throw new Error('the stand-ins did not start');
    return new StandIns(child, watch, at);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The presses of these cards, in this order. Not to be called again before it has answered. */
  async sign(presses: SignPresses): Promise<readonly SignedRequest[]> {
    const answer = nextMessage(this.child, this.watch);
    this.child.send(presses);
    const message = await answer;
    if (message.kind === 'signed') return message.signed;
    throw new Error(message.kind === 'failed' ? message.reason : 'the stand-ins started again');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}

/** @throws ChildEnded when the process ends instead */
async function nextMessage(child: ChildProcess, watch: ChildWatch): Promise<StandInsMessage> {
  const over = new AbortController();
  try {
    const message: unknown = await Promise.race([
      once(child, 'message', { signal: over.signal }).then(([said]: unknown[]) => said),
      once(child, 'exit', { signal: over.signal }).then(() => watch.requireRunning()),
    ]);
    return StandInsMessage.parse(message);
  } finally {
    over.abort();
  }
}
