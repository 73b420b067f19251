import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChildWatch, eventually } from '@drawbridge/testing';

/** A size of a terminal in characters. */
export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** Somebody who sits at a real terminal in which a program runs. */
export interface TerminalSession {
  /** All that was shown there so far, byte for byte, escapes included. */
  shown(): Buffer;
  /** Resolves once that holds `text`; rejects when it does not come. */
  sees(text: string): Promise<void>;
  types(keys: string): void;
  /** Makes the window larger or smaller, once: the program is told as by any terminal. */
  resize(): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

export interface TerminalSessionOptions {
  /** Words that a shell needs no quotes for. */
  readonly command: readonly string[];
  /** A scratch directory of its own. */
  readonly directory: string;
  readonly from: TerminalSize;
  /** What {@link TerminalSession.resize} makes of it. */
  readonly to: TerminalSize;
}

const stty = ({ cols, rows }: TerminalSize) => `stty cols ${cols} rows ${rows}`;

/** Starts a program in a terminal of its own, that of `script` of util-linux, which writes nothing of its own into it. */
export function startTerminalSession(options: TerminalSessionOptions): TerminalSession {
  const { command, directory, from, to } = options;
  const mark = join(directory, 'resize');
  // Waits no longer than the program runs, which takes the place of its shell.
  const waiting = `until [ -e ${mark} ]; do kill -0 $$ || exit; sleep 0.05; done`;
  const resizing = `(${waiting}; ${stty(to)} < /dev/tty) 2> /dev/null &`;
  const inner = `${stty(from)}; ${resizing} exec ${command.join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', inner, '/dev/null'], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, SHELL: '/bin/sh', LC_ALL: 'C.UTF-8' },
  });
  const watch = new ChildWatch(child, { name: command.join(' ') });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stdin.on('error', () => undefined);
  const shown = () => Buffer.concat(pieces);
  return {
    shown,
    sees: (text) =>
      eventually(
        async () => {
          if (watch.ending !== undefined) await watch.outputRead();
          if (shown().includes(text)) return;
          await watch.requireRunning();
          throw new Error(`no ${text} in: ${shown().toString()}`);
        },
        { timeoutMs: 60_000 },
      ),
    types: (keys) => child.stdin.write(keys),
    resize: () => writeFileSync(mark, ''),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    }),
  };
}
