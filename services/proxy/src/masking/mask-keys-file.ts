import { readFile } from 'node:fs/promises';
import type { LoggerService } from '@nestjs/common';
import { MaskKeys, MaskKeysInvalid } from '@drawbridge/masking';

const LOOK_MS = 2_000;

/**
 * Reads the keys of which placeholders are made.
 *
 * @throws {@link MaskKeysInvalid} that names the file, never what is in it
 */
export async function readMaskKeys(file: string): Promise<MaskKeys> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new MaskKeysInvalid(`the file of keys ${file} cannot be read`, { cause });
  }
  return MaskKeys.parse(text);
}

export interface FollowedMaskKeys {
  readonly file: string;
  /** What is used now. */
  readonly keys: MaskKeys;
  readonly onChange: (keys: MaskKeys) => void;
  readonly logger: LoggerService;
}

/**
 * Takes up changed keys without a restart. A file that cannot be used is left alone until it can.
 *
 * @returns the function that stops it
 */
export function followMaskKeys({ file, keys, onChange, logger }: FollowedMaskKeys): () => void {
  let current = keys.ids.join();
  let complained = false;
  const look = async () => {
    const read = await readMaskKeys(file);
    complained = false;
    if (read.ids.join() === current) return;
    current = read.ids.join();
    onChange(read);
    logger.log({ msg: 'keys of placeholders changed', keyId: read.current.id });
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      if (!complained) logger.error({ msg: 'keys of placeholders not changed', err: error });
      complained = true;
    });
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
