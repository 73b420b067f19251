import type { Identifier } from './identifier.js';

/**
 * Any four letters in a row of a body, whatever their case, so that a part of a word is found without reading all
 * bodies. A granule holds 10 MiB of them; its filter, 256 KiB, takes 2.5 % of that before compression.
 *
 * The index of words that was there finds whole words only. An inverted index (`text` with n-grams) was tried: it is as
 * large as the bodies are when they are compressed, makes inserts four times as slow, and needs ClickHouse 26.2.
 */
export const searchIndex = (database: Identifier): readonly string[] => [
  `ALTER TABLE ${database}.bodies ADD INDEX IF NOT EXISTS letters_of_content lowerUTF8(content) TYPE ngrambf_v1(4, 262144, 3, 0) GRANULARITY 1`,
  `ALTER TABLE ${database}.bodies DROP INDEX IF EXISTS words_of_content`,
  `ALTER TABLE ${database}.bodies MATERIALIZE INDEX letters_of_content`,
];
