import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 weigh buffers together with its heap when it decides whether to collect, in all of this process. By itself it goes
 * through the whole heap for every 64 MB of buffers that have come, and messages and rows are a hundred
 * megabytes a second: that was a seventh of all CPU of the ingest, and found next to nothing.
 */
export const spareCollector = (): void => {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
};
