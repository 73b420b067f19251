import { readFile } from 'node:fs/promises';
import { CliError } from '../cli-error.js';
import type { Terminal } from '../terminal.js';

/**
 * The client secret of an agent, from a file or the environment; never from the command line, where every
 * process of the machine could read it.
 *
 * @throws CliError `file_unreadable`, or `not_logged_in` when there is none
 */
export async function readClientSecret(
  { env }: Pick<Terminal, 'env'>,
  file: string | undefined,
): Promise<string> {
  if (file === undefined) {
    const secret = env['DRAWBRIDGE_CLIENT_SECRET'];
    if (secret !== undefined && secret !== '') return secret;
    throw new CliError('not_logged_in', 'there is no client secret', {
      advice: 'set DRAWBRIDGE_CLIENT_SECRET, or log in with --client-secret-file <file>',
    });
  }
  return await readSecret(file, '--client-secret-file');
}

/** The text of a file without the line break at its end. */
export async function readSecret(file: string, option: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CliError('file_unreadable', `${option}: "${file}" cannot be read`, { cause });
  });
  const secret = text.replace(/[\r\n]+$/, '');
  if (secret !== '') return secret;
  throw new CliError('file_unreadable', `${option}: "${file}" is empty`);
}
