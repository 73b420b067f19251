import type { MaskKey } from './mask-keys.js';
import { placeholder } from './placeholder.js';
import type { TextStages } from './text-detectors.js';

/**
 * Stands for a value where nothing may move: its placeholder, filled up to the length of the value; stars where there
 * is no room for that.
 */
export function sameLength(key: MaskKey, kind: string, value: Uint8Array): Buffer {
  const whole = placeholder(key, kind, value);
  return Buffer.from((whole.length > value.length ? '' : whole).padEnd(value.length, '*'));
}

/** Masks a whole text where it stands. @returns how many values were replaced */
export function maskInPlace(bytes: Uint8Array, { stages }: TextStages, key: MaskKey): number {
  let masked = 0;
  for (const detector of stages) {
    const { found } = detector.scan({ bytes, start: 0, end: bytes.length }, true);
    for (const { start, end, kind } of found) {
      bytes.set(sameLength(key, kind, bytes.subarray(start, end)), start);
    }
    masked += found.length;
  }
  return masked;
}
