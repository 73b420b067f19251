import { latin1 } from './latin1.js';
import { KEY_ID_LENGTH, MAC_LENGTH, type MaskKey } from './mask-keys.js';
import type { Step, TextWindow } from './text-window.js';

/** Begins every placeholder. 18 bytes, so that it is whole digits of base64 too. */
export const PLACEHOLDER_PREFIX = 'drawbridge:masked:';

/** What a placeholder looks like, whoever's key it was made with. */
export const PLACEHOLDER_SHAPE = new RegExp(
  `${PLACEHOLDER_PREFIX}([a-z0-9-]{1,32}):([0-9a-f]{${KEY_ID_LENGTH}}):([A-Za-z0-9_-]{${MAC_LENGTH}})`,
);

/**
 * Stands for a value: the same for the same value, whatever its kind or place, and nothing can be read from it, not
 * even a length.
 *
 * @param kind - what was found, `[a-z0-9-]`, for people
 */
export const placeholder = (key: MaskKey, kind: string, value: Uint8Array): string =>
  placeholderOf(key, kind, key.mac(value));

export const placeholderOf = (key: MaskKey, kind: string, mac: string): string =>
  `${PLACEHOLDER_PREFIX}${kind}:${key.id}:${mac}`;

const MAX_LENGTH = PLACEHOLDER_PREFIX.length + 32 + 1 + KEY_ID_LENGTH + 1 + MAC_LENGTH;
const atStart = new RegExp(`^${PLACEHOLDER_SHAPE.source}`);

/**
 * The end of a placeholder that begins at `at`.
 *
 * @returns `at` when there is none, `undefined` when that is not known yet
 */
export function placeholderEnd(window: TextWindow, at: number): Step {
  const text = latin1(window.bytes, at, Math.min(window.end, at + MAX_LENGTH));
  const known = Math.min(text.length, PLACEHOLDER_PREFIX.length);
  if (text.slice(0, known) !== PLACEHOLDER_PREFIX.slice(0, known)) return at;
  const length = atStart.exec(text)?.[0].length;
  if (length !== undefined) return at + length;
  return text.length < MAX_LENGTH && !window.isLast ? undefined : at;
}
