import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** One real command: what is shown, and what is executed. */
export interface Command {
  /** As a user would type it. */
  readonly shown: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Ends the command after this time, so that a story always ends. Default 60 000. */
  readonly timeoutMs?: number;
}

/** What a command did. `stdout` and `stderr` in `output` are interleaved as they came. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly output: string;
}

/** A command that is still running. */
export interface RunningCommand {
  readonly result: Promise<CommandResult>;
  stop(): void;
}

const KILL_AFTER_MS = 3_000;

/** Starts a command; `onOutput` gets each chunk as it comes. */
export function startCommand(
  command: Command,
  onOutput: (text: string) => void = () => undefined,
): RunningCommand {
  const child = spawn(command.file, command.args, {
    env: { ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => stopChild(child);
  const timer = setTimeout(stop, command.timeoutMs ?? 60_000);
  const result = collect(child, onOutput).finally(() => {
    clearTimeout(timer);
  });
  return { result, stop };
}

/** Runs a command to its end. */
export const runCommand = (
  command: Command,
  onOutput?: (text: string) => void,
): Promise<CommandResult> => startCommand(command, onOutput).result;

async function collect(
  child: ChildProcess,
  onOutput: (text: string) => void,
): Promise<CommandResult> {
  let stdout = '';
  let output = '';
  const take = (isStdout: boolean) => (chunk: string) => {
    if (isStdout) stdout += chunk;
    output += chunk;
    onOutput(chunk);
  };
  child.stdout?.setEncoding('utf8').on('data', take(true));
  child.stderr?.setEncoding('utf8').on('data', take(false));
  const [code] = (await once(child, 'close')) as [number | null];
  return { exitCode: code ?? 128, stdout, output };
}

function stopChild(child: ChildProcess): void {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  child.once('close', () => {
    clearTimeout(timer);
  });
}
