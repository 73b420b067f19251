import { notHttp } from '../upstream-fault.js';

/** What an entry, or a field of a list, counts beyond its name and value (RFC 7541, section 4.1). */
export const ENTRY_OVERHEAD = 32;

/** The last fields that the server told us to keep, as a ring. Text is latin1, so a character is a byte. */
export class DynamicTable {
  readonly #maxBytes: number;
  readonly #names: string[];
  readonly #values: string[];
  readonly #mask: number;
  #limit: number;
  #bytes = 0;
  #count = 0;
  /** The place of the next entry. */
  #next = 0;

  /** @param maxBytes - of the entries together; the limit until the server sets a lower one */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#limit = maxBytes;
    // A power of two with room for as many entries as there can be, so that a place is found with a mask.
    const places = 2 ** Math.ceil(Math.log2(Math.max(1, maxBytes / ENTRY_OVERHEAD)));
    this.#mask = places - 1;
    this.#names = new Array<string>(places).fill('');
    this.#values = new Array<string>(places).fill('');
  }

  /**
   * Where the names and values of an entry are.
   *
   * @param age - 0 for the newest entry
   */
  placeOf(age: number): number {
    if (age >= this.#count) throw notHttp('a header that is in no table');
    return (this.#next - 1 - age) & this.#mask;
  }

  nameAt(place: number): string {
    return this.#names[place] ?? '';
  }

  valueAt(place: number): string {
    return this.#values[place] ?? '';
  }

  /** An entry that is larger than the table empties it, and is not kept (section 4.4). */
  add(name: string, value: string): void {
    const bytes = name.length + value.length + ENTRY_OVERHEAD;
    this.#evict(this.#limit - bytes);
    if (bytes > this.#limit) return;
    this.#names[this.#next] = name;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) & this.#mask;
    this.#count += 1;
    this.#bytes += bytes;
  }

  /** Sets the limit as the server asks. */
  resize(limit: number): void {
    if (limit > this.#maxBytes) throw notHttp('a header table that is too large');
    this.#limit = limit;
    this.#evict(limit);
  }

  /** Drops the oldest entries until the others have no more than so many bytes. */
  #evict(bytes: number): void {
    while (this.#count > 0 && this.#bytes > bytes) {
      const oldest = (this.#next - this.#count) & this.#mask;
      this.#bytes -= this.nameAt(oldest).length + this.valueAt(oldest).length + ENTRY_OVERHEAD;
      this.#count -= 1;
      this.#names[oldest] = '';
      this.#values[oldest] = '';
    }
  }
}
