import { spawn, type ChildProcess } from 'node:child_process';
import { CredentialFailure, systemCode } from './credential-failure.js';

/** A credential is a few kilobytes. */
const MAX_OUTPUT_BYTES = 262_144;

export interface PluginRun {
  /** Absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/**
 * Runs a program to its end and gives what it wrote on stdout. Without a shell and without a terminal; what it
 * says on stderr goes nowhere. It and its children are killed when they take too long or write too much.
 *
 * @throws {@link CredentialFailure}
 */
export function runPlugin(run: PluginRun, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.command, run.args, {
      env: run.environment,
      stdio: ['ignore', 'pipe', 'ignore'],
      // A group of its own, so that its children can be ended with it.
      detached: true,
      windowsHide: true,
    });
    const fail = (why: string) => {
      end(child);
      settle(() => reject(new CredentialFailure(`${run.command} ${why}`)));
    };
    const onAbort = () => fail('was stopped');
    const timer = setTimeout(() => fail(`took longer than ${run.timeoutMs} ms`), run.timeoutMs);
    const settle = (how: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      how();
    };
    const output = collect(child, () => fail(`wrote more than ${MAX_OUTPUT_BYTES} bytes`));
    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => fail(`cannot be run (${systemCode(error)})`));
    child.once('close', (code, killedBy) => {
      if (code !== 0) fail(`ended with ${code ?? killedBy ?? 'nothing'}`);
      else settle(() => resolve(output()));
    });
  });
}

function collect({ stdout }: ChildProcess, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_OUTPUT_BYTES) chunks.push(chunk);
    else onTooMuch();
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/** Ends the program and whatever it started. */
function end({ pid, stdout }: ChildProcess): void {
  stdout?.destroy();
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
