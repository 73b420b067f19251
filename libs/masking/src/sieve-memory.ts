import { LISTENER_AT } from '@drawbridge/json-stream';

/** Where things stand in the memory of kernel/sieve.as, which says the same in its own words. */
export const CLASSES_AT: number = LISTENER_AT + 256;
export const FIRSTS_AT: number = LISTENER_AT + 65_536;
export const ENDINGS_AT: number = LISTENER_AT + 131_072;
export const OUT_AT: number = LISTENER_AT + 196_608;
export const TEXT_AT: number = LISTENER_AT + 262_400;
/** As many as there is room for. */
export const MAX_PLACES = 16_384;
/** As much as fits behind it, and sixteen bytes read beyond its end. */
export const MAX_SIEVED_BYTES = 196_608;

/** A class of its own, beside those of text-class.ts. */
export const GAP = 16;

/** What is said of a place, in its last two bits. */
export const SAID = { suspect: 0, label: 1, sign: 2, known: 3 } as const;
export const SAID_BITS = 2;
