/** Where things stand in the memory of kernel/skim.as, which says the same in its own words. */
export const IS_OBJECT_AT = 0;
export const NODES_AT = 512;
export const PLAIN_LOW_AT = 1_040;
export const PLAIN_HIGH_AT = 1_056;
export const LABEL_LOW_AT = 1_072;
export const LABEL_HIGH_AT = 1_088;
export const OUT_AT = 1_152;
export const LOWER_AT = 2_048;
export const SCALAR_ENDS_AT = 2_304;
export const SCALARS_AT = 4_096;
export const NAMES_AT = 16_384;
export const TREES_AT = 131_072;
export const TREE_BYTES = 131_072;
export const TREES = 16;
export const CHUNK_AT: number = TREES_AT + TREES * TREE_BYTES;
/** As much as fits behind it, and one read more beyond its end. */
export const MAX_CHUNK_BYTES = 1_048_576;
/** From here on the memory is that of whoever says which longer values stay: 786 432 bytes. */
export const LISTENER_AT = 3_407_872;

/** Fields of what it says and is told, in words of four bytes from {@link OUT_AT} on. */
export const OUT = {
  depth: 0,
  state: 1,
  next: 2,
  keyAt: 3,
  keyEnd: 4,
  lowest: 5,
  opened: 6,
  stringEnd: 7,
  isSimple: 8,
  labelAt: 9,
  labelEnd: 10,
  labelDepth: 11,
  isLabelUsed: 12,
} as const;

/** What it expects next. */
export const STATE = {
  value: 0,
  firstElement: 1,
  firstKey: 2,
  key: 3,
  colon: 4,
  behind: 5,
} as const;

/** What a rule says of a place, as bits. */
export const TELL_STRING = 1;
/** Short strings without certain bytes, and short scalars, stay. */
export const PLAIN_STAYS = 2;
/** But for strings whose name may say what they are. */
export const IF_NOT_NAMED = 4;
export const TELL_SCALAR = 8;
export const TELL_OBJECT = 16;
export const TELL_ARRAY = 32;
/** What stands directly in it is told token by token. */
export const TELL_INSIDE = 64;
/** What stands here names what stands beside it; if it stays, it is told of with what comes next. */
export const LABEL = 128;
/** Short strings stay only if what stands beside them says nothing. */
export const IF_NOT_LABELLED = 256;
