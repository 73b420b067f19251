import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { CliError } from '../cli-error.js';

/** A file with all of it, or none; only its owner can read it. */
export async function writeWhole(path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      for await (const chunk of body) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (cause instanceof CliError) throw cause;
    throw new CliError('file_unwritable', `--file: "${path}" cannot be written`, { cause });
  }
}
