import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Terminal } from './terminal.js';

// Node would leave certificates unchecked. Nothing here may: a token could go to anybody.
delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());

const terminal: Terminal = {
  env: process.env,
  isTerminal: process.stdout.isTTY,
  ...(process.stdout.isTTY && { width: process.stdout.columns }),
  out: (text) => void process.stdout.write(text),
  note: (text) => void process.stderr.write(text),
  clock: () => new Date(),
  program: realpathSync(fileURLToPath(import.meta.url)),
  interrupted: interrupt.signal,
};

/** A reader that has seen enough, such as `head`, is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const [name, ...args] = process.argv.slice(2);
if (name === 'credential') {
  // kubectl waits for this one: it does not load the other commands.
  const { runCredential } = await import('./run-credential.js');
  process.exitCode = await runCredential(terminal, args);
} else {
  const { runProgram } = await import('./program.js');
  process.exitCode = await runProgram(terminal, process.argv.slice(2));
}
