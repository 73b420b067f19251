import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ChildWatch } from '@drawbridge/embedded';

const STOP_MS = 10_000;

/** A server process of a test, with the end of what it said. */
export interface Child {
  readonly name: string;
  /** The end of what it wrote, and whether it still runs. */
  readonly watch: ChildWatch;
  /** Resolves with the exit when it ends, wanted or not. */
  readonly exited: Promise<void>;
  /** SIGTERM, then SIGKILL. */
  stop(): Promise<void>;
}

/** Starts a server; it never outlives this process. */
export function startChild(name: string, executable: string, args: readonly string[]): Child {
  const process_ = spawn(executable, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const watch = new ChildWatch(process_, { name });
  const endWithUs = () => process_.kill('SIGKILL');
  process.once('exit', endWithUs);
  const ended = () => void process.off('exit', endWithUs);
  const exited = once(process_, 'exit').then(ended, ended);
  return { name, watch, exited, stop: () => stop(process_, exited) };
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}
