/** As the tables were made; `stored_copies` turns it off, and says why. */
export const deduplication = 'non_replicated_deduplication_window = 1000';

/** Default of an absent time or id is NULL, of anything else the least value of its type. */
export const max = (type: string): string => `SimpleAggregateFunction(max, ${type})`;

export const word = max('LowCardinality(String)');

export const instant = `${max("Nullable(DateTime64(3, 'UTC'))")} CODEC(ZSTD(1))`;

export const index = (column: string): string =>
  `INDEX by_${column} ${column} TYPE bloom_filter(0.01) GRANULARITY 4`;

/** Columns as they stand in `CREATE TABLE`. */
export const listOf = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns)
    .map(([name, type]) => `    ${name} ${type}`)
    .join(',\n');
