import type { Command } from 'commander';
import { action, sharedOptions, type Registrar, type Work } from '../command-context.js';
import { questionOutputs, type Query } from './answer.js';

export const chosen = ['agent', 'connection'] as const;

/** The options of every question, and those of `filters`. */
export function questionOptions(
  command: Command,
  filters: readonly ('agent' | 'connection')[] = chosen,
): Command {
  command
    .option('--since <time>', 'from then on: a time, or how long ago, e.g. 2h')
    .option('--until <time>', 'before then');
  if (filters.includes('agent')) {
    command.option('--agent <subject>', 'subject, or <issuer>#<subject>');
  }
  if (filters.includes('connection')) {
    command.option('-c, --connection <names>', 'lists may be given with commas');
  }
  return command
    .option('--limit <count>', 'how many rows, of table and json', '100')
    .option('--cursor <cursor>', '"nextCursor" of the page before, as -o json prints it')
    .option('--file <path>', 'write the answer there');
}

/** Options that go to the server as they are, by their names there. */
export function pick(command: Command, names: readonly string[]): Query {
  const options = command.opts<Readonly<Record<string, unknown>>>();
  return Object.fromEntries(
    names.map((name) => {
      const value = options[name];
      return [name, typeof value === 'string' ? value : undefined];
    }),
  );
}

/** Puts the last options on a question, and does `work` for it. */
export function end(registrar: Registrar, command: Command, work: Work): void {
  sharedOptions(command, questionOutputs).action(action(registrar, work));
}
