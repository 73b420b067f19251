import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 look through the whole heap when it is twice what it was after the last time, and not for being idle; for
 * this process and the workers that it starts from now on. By default V8 does it again after a tenth, and makes the
 * heap small when nothing happens; then load that comes is stopped for tens of milliseconds, again and again. ADR 54.
 */
export function collectRarely(): void {
  setFlagsFromString('--heap-growing-percent=100');
  setFlagsFromString('--memory-reducer-gc-count=0');
}
