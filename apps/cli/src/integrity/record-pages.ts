import { CliError } from '../cli-error.js';

/** One page of what audit gives. */
export interface RecordPage<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; absent for the last. */
  readonly next?: number | undefined;
}

export interface PagesToRead<Item> {
  /** For a person: of which stream, and what. */
  readonly what: string;
  /** Where the first page begins. */
  readonly first: number;
  readonly read: (from: number) => Promise<RecordPage<Item>>;
  /** How many items there can be in all. @default as many as come */
  readonly most?: number;
  /** Where an item stands, when that is known of it: it must be in its page. */
  readonly placeOf?: (item: Item) => number;
}

/**
 * Reads pages from a service that is not believed: it could give pages for ever. Each one must go on, and must have
 * something.
 *
 * @throws CliError `record_endless`, which names the page
 */
export async function* readPages<Item>(pages: PagesToRead<Item>): AsyncGenerator<Item> {
  const { first, read, most = Infinity } = pages;
  let count = 0;
  for (let from: number | undefined = first; from !== undefined;) {
    const page: RecordPage<Item> = await read(from);
    count += page.items.length;
    requireSound(pages, from, page);
    if (count > most) {
      throw endless(pages, from, `there are more than ${most}, which is all that was announced`);
    }
    yield* page.items;
    from = page.next;
  }
}

function requireSound<Item>(
  pages: PagesToRead<Item>,
  from: number,
  { items, next }: RecordPage<Item>,
): void {
  if (next !== undefined && next <= from) throw endless(pages, from, `the next begins at ${next}`);
  if (next !== undefined && items.length === 0) throw endless(pages, from, 'it has nothing');
  const { placeOf } = pages;
  if (placeOf === undefined) return;
  let least = from;
  for (const item of items) {
    const place = placeOf(item);
    if (place < least || place >= (next ?? Infinity)) {
      throw endless(pages, from, `${place} does not stand in it`);
    }
    least = place;
  }
}

const endless = <Item>({ what }: PagesToRead<Item>, from: number, why: string): CliError =>
  new CliError(
    'record_endless',
    `audit gives ${what} that cannot be: in the page from ${from}, ${why}`,
  );
