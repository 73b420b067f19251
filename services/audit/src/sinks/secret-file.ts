import { readFile } from 'node:fs/promises';
import { SinkFailed } from './sink.js';

/**
 * One line of text from a file, read each time, so that a secret that changes is used at once.
 *
 * @throws SinkFailed `sink_file_unusable`
 */
export async function secretFile(path: string): Promise<string> {
  const text = (await fileText(path)).replace(/[\r\n]+$/, '');
  if (/^[\x20-\x7e]+$/.test(text)) return text;
  const message = `"${path}" is empty or holds more than one line of printable characters`;
  throw new SinkFailed('sink_file_unusable', message);
}

/** @throws SinkFailed `sink_file_unusable` */
export async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SinkFailed('sink_file_unusable', `"${path}" cannot be read`, { cause });
  }
}
