import { spawn } from 'node:child_process';
import type { Seen } from './route.js';

/** A client and what it is told. */
export interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** How long to listen; then it is ended. */
  readonly forMs?: number;
}

const LONGEST_MS = 60_000;

/** Everything that a program prints until it ends, or until then. */
export function runFor({ program, args, env, stdin, forMs = LONGEST_MS }: Program): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { PATH: process.env['PATH'], ...env } });
    const chunks: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    const timer = setTimeout(() => child.kill('SIGTERM'), forMs);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      const parts = [Buffer.concat(chunks), Buffer.concat(complaints)];
      resolve({ parts, ended: code === null ? 'stopped' : String(code) });
    });
    // A program may end without having read it.
    child.stdin.on('error', () => undefined).end(stdin ?? '');
  });
}
