import { notHttp } from '../upstream-fault.js';
import { DynamicTable, ENTRY_OVERHEAD } from './dynamic-table.js';
import { expectName, expectValue } from './field-rules.js';
import { huffmanText } from './huffman.js';
import { latin1Text } from './latin1-text.js';
import { FIRST_DYNAMIC_INDEX, staticNames, staticValues } from './static-table.js';

/** SETTINGS_HEADER_TABLE_SIZE, unless a client changes it. */
const DEFAULT_TABLE_BYTES = 4_096;
const DEFAULT_LIST_BYTES = 65_536;

/** How a field begins: below the first of them is a literal that is not to be kept (RFC 7541, section 6). */
const SIZE_UPDATE = 0x20;
const KEPT_LITERAL = 0x40;
const INDEXED = 0x80;
/** And a string. */
const HUFFMAN = 0x80;

/** Nothing that we read is longer; four bytes of seven bits say as much. */
const MAX_INTEGER = 2 ** 28;
const MAX_INTEGER_BITS = 28;
/** The smallest size since the last block, and the last one (section 4.2). */
const MAX_SIZE_UPDATES = 2;

const nothing = new Uint8Array(0);

/**
 * Reads the header blocks of one connection. Strict: what one of two readers could read otherwise is no answer.
 * Text is looked at when it comes as a literal; what is in a table has been looked at.
 */
export class HpackDecoder {
  readonly #maxListBytes: number;
  readonly #table: DynamicTable;
  #bytes: Uint8Array = nothing;
  #at = 0;
  #end = 0;
  #broken = false;

  /** @param limits - bytes of the dynamic table, and of the fields of one block, by the count of the RFC */
  constructor(limits: { readonly maxTableBytes?: number; readonly maxListBytes?: number } = {}) {
    this.#maxListBytes = limits.maxListBytes ?? DEFAULT_LIST_BYTES;
    this.#table = new DynamicTable(limits.maxTableBytes ?? DEFAULT_TABLE_BYTES);
  }

  /**
   * Reads one whole header block. Behind one that is wrong there is no other: our table may differ from the
   * server's, and indexes would give the fields of somebody else's answer.
   *
   * @returns name, value, name, value, … as they came, pseudo-headers included
   */
  decode(bytes: Uint8Array, start: number, end: number): string[] {
    if (this.#broken) throw notHttp('headers behind those that were wrong');
    this.#broken = true;
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#sizeUpdates();
    const fields = this.#fields();
    this.#bytes = nothing;
    this.#broken = false;
    return fields;
  }

  #sizeUpdates(): void {
    for (let updates = 0; this.#at < this.#end; updates += 1) {
      const byte = this.#bytes[this.#at] ?? 0;
      if (byte < SIZE_UPDATE || byte >= KEPT_LITERAL) return;
      if (updates === MAX_SIZE_UPDATES) throw notHttp('too many sizes of the header table');
      this.#table.resize(this.#integer(SIZE_UPDATE - 1));
    }
  }

  #fields(): string[] {
    const fields: string[] = [];
    let listBytes = 0;
    while (this.#at < this.#end) {
      const byte = this.#bytes[this.#at] ?? 0;
      const bytes = byte >= INDEXED ? this.#indexed(fields) : this.#literal(fields, byte);
      listBytes += bytes + ENTRY_OVERHEAD;
      if (listBytes > this.#maxListBytes) throw notHttp('headers that are too long');
    }
    return fields;
  }

  /** @returns the bytes of name and value, as {@link #literal} does */
  #indexed(fields: string[]): number {
    const index = this.#integer(INDEXED - 1);
    if (index === 0) throw notHttp('a header that is in no table');
    const inDynamic = index >= FIRST_DYNAMIC_INDEX;
    const place = inDynamic ? this.#table.placeOf(index - FIRST_DYNAMIC_INDEX) : index;
    const name = inDynamic ? this.#table.nameAt(place) : (staticNames[place] ?? '');
    const value = inDynamic ? this.#table.valueAt(place) : (staticValues[place] ?? '');
    fields.push(name, value);
    return name.length + value.length;
  }

  #literal(fields: string[], byte: number): number {
    if (byte >= SIZE_UPDATE && byte < KEPT_LITERAL) throw notHttp('a table size among headers');
    const kept = byte >= KEPT_LITERAL;
    // What is "never indexed" has a bit of its own, for those who pass blocks on as such.
    const index = this.#integer(kept ? KEPT_LITERAL - 1 : (SIZE_UPDATE >>> 1) - 1);
    const name = index === 0 ? this.#text() : this.#nameOf(index);
    if (index === 0) expectName(name);
    const value = this.#text();
    expectValue(value);
    if (kept) this.#table.add(name, value);
    fields.push(name, value);
    return name.length + value.length;
  }

  #nameOf(index: number): string {
    if (index < FIRST_DYNAMIC_INDEX) return staticNames[index] ?? '';
    return this.#table.nameAt(this.#table.placeOf(index - FIRST_DYNAMIC_INDEX));
  }

  #text(): string {
    const isHuffman = this.#at < this.#end && (this.#bytes[this.#at] ?? 0) >= HUFFMAN;
    const length = this.#integer(HUFFMAN - 1);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw notHttp('a header that ends behind its block');
    this.#at = end;
    return isHuffman ? huffmanText(this.#bytes, start, end) : latin1Text(this.#bytes, start, end);
  }

  /** @param mask - of the bits of the first byte; all of them set means that there are more bytes */
  #integer(mask: number): number {
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < MAX_INTEGER_BITS; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (value > MAX_INTEGER) break;
      return value;
    }
    throw notHttp('a number in headers that is too large');
  }

  #byte(): number {
    if (this.#at >= this.#end) throw notHttp('headers that end within a header');
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }
}
