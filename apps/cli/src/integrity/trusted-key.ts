import { readFile } from 'node:fs/promises';
import { NoteRefused, parsePublicKey, type PublicKey } from '@drawbridge/integrity';
import { CliError } from '../cli-error.js';

/**
 * The public key of `--key`: itself, or a file that holds it.
 *
 * @throws CliError `usage_invalid` or `file_unreadable`
 */
export async function trustedKey(given: string): Promise<PublicKey> {
  const isKey = /^[^+\s]+\+[0-9a-f]{8}\+/.test(given);
  const text = isKey ? given : await contentOf(given);
  try {
    return parsePublicKey(text);
  } catch (error) {
    if (!(error instanceof NoteRefused)) throw error;
    throw new CliError('usage_invalid', `--key: ${error.message}`);
  }
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CliError('file_unreadable', `--key: "${file}" cannot be read`, { cause });
  }
}
