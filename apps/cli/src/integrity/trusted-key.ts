import { readFile } from 'node:fs/promises';
import {
  NoteRefused,
  parsePublicKey,
  rootsOf,
  TimestampRefused,
  type PublicKey,
} from '@drawbridge/integrity';
import { CliError } from '../cli-error.js';

/**
 * The public key of `--key`: itself, or a file that holds it.
 *
 * @throws CliError `usage_invalid` or `file_unreadable`
 */
export async function trustedKey(given: string): Promise<PublicKey> {
  const isKey = /^[^+\s]+\+[0-9a-f]{8}\+/.test(given);
  const text = isKey ? given : await contentOf('--key', given);
  try {
    return parsePublicKey(text);
  } catch (error) {
    if (!(error instanceof NoteRefused)) throw error;
    throw new CliError('usage_invalid', `--key: ${error.message}`);
  }
}

/**
 * The certificates of `--timestamp-ca`, PEM.
 *
 * @throws CliError `usage_invalid` or `file_unreadable`
 */
export async function timestampRoots(file: string): Promise<string> {
  const pem = await contentOf('--timestamp-ca', file);
  try {
    rootsOf(pem);
    return pem;
  } catch (error) {
    if (!(error instanceof TimestampRefused)) throw error;
    throw new CliError('usage_invalid', `--timestamp-ca: "${file}" holds no certificates in PEM`);
  }
}

async function contentOf(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CliError('file_unreadable', `${option}: "${file}" cannot be read`, { cause });
  }
}
