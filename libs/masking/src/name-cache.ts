import type { Slice } from '@drawbridge/json-stream';

const SLOTS = 2_048;
const MAX_KEPT_BYTES = 64;

interface Slot {
  readonly bytes: Uint8Array;
  readonly verdict: boolean;
}

/** What was found out about names, which are few and come again and again. One name per slot, the last one. */
export class NameCache {
  readonly #slots = new Array<Slot | undefined>(SLOTS).fill(undefined);

  constructor(private readonly judge: (name: Slice) => boolean) {}

  has(name: Slice): boolean {
    const { bytes, start, end } = name;
    if (end - start > MAX_KEPT_BYTES) return this.judge(name);
    let hash = end - start;
    for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const index = (hash ^ (hash >>> 11)) & (SLOTS - 1);
    const slot = this.#slots[index];
    if (slot !== undefined && isSame(slot.bytes, name)) return slot.verdict;
    const verdict = this.judge(name);
    this.#slots[index] = { bytes: Uint8Array.from(bytes.subarray(start, end)), verdict };
    return verdict;
  }
}

function isSame(known: Uint8Array, { bytes, start, end }: Slice): boolean {
  const length = known.length;
  if (length !== end - start) return false;
  for (let index = 0; index < length; index += 1) {
    if (known[index] !== bytes[start + index]) return false;
  }
  return true;
}
