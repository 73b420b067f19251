import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { summarise } from '../report/statistics.js';

const BYTES = 1_024;
const TIMES = 300;

/**
 * How long the disk under a directory takes to keep a kilobyte that is appended to a file, in ms, p50 of 300 one after
 * the other. nats-server does this for each message of the record before it acknowledges it.
 */
export function diskSyncMs(directory: string): number {
  const file = openSync(join(directory, 'syncs'), 'a');
  const bytes = Buffer.alloc(BYTES, 'x');
  try {
    const times = Array.from({ length: TIMES }, () => {
      const begun = performance.now();
      writeSync(file, bytes);
      fsyncSync(file);
      return performance.now() - begun;
    });
    return summarise(times).median;
  } finally {
    closeSync(file);
  }
}
