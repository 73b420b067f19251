import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const STOP_MS = 10_000;
const KEPT_OUTPUT = 8_000;

/** A server process of a test, with the end of what it said. */
export interface Child {
  readonly name: string;
  /** The last 8 000 characters of stdout and stderr. */
  output(): string;
  /** Resolves with the exit when it ends, wanted or not. */
  readonly exited: Promise<void>;
  /** SIGTERM, then SIGKILL. */
  stop(): Promise<void>;
}

/** Starts a server; it never outlives this process. */
export function startChild(name: string, executable: string, args: readonly string[]): Child {
  const process_ = spawn(executable, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
  };
  process_.stdout.on('data', keep);
  process_.stderr.on('data', keep);
  const endWithUs = () => process_.kill('SIGKILL');
  process.once('exit', endWithUs);
  const exited = once(process_, 'exit').then(() => {
    process.off('exit', endWithUs);
  });
  return { name, output: () => output, exited, stop: () => stop(process_, exited) };
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}
