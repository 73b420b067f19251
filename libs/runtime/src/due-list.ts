/** Something that is to happen at an instant, in milliseconds since the epoch. */
export interface Due {
  readonly id: string;
  readonly atMs: number;
}

/**
 * What is to happen, the next first: a binary heap, with the place of each id. To look whether something is due
 * costs one comparison however much waits; a change costs as many as the heap is deep.
 */
export class DueList<Item extends Due = Due> {
  readonly #heap: Item[] = [];
  readonly #places = new Map<string, number>();

  get size(): number {
    return this.#heap.length;
  }

  /** The one that is due first. */
  get next(): Item | undefined {
    return this.#heap[0];
  }

  get(id: string): Item | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#heap[place];
  }

  /** Adds an item, or moves the one of this id. */
  set(item: Item): void {
    const place = this.#places.get(item.id) ?? this.#heap.length;
    this.#put(place, item);
    this.#settle(place);
  }

  delete(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    const last = this.#heap.pop();
    if (last === undefined || last.id === id) return;
    this.#put(place, last);
    this.#settle(place);
  }

  /** Moves an item towards where it belongs: up as far as it is earlier, otherwise down as far as it is later. */
  #settle(place: number): void {
    if (this.#rise(place) === place) this.#sink(place);
  }

  #rise(from: number): number {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isEarlier(place, parent)) break;
      this.#swap(place, parent);
      place = parent;
    }
    return place;
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      const child = this.#isEarlier(right, left) ? right : left;
      if (!this.#isEarlier(child, place)) return;
      this.#swap(place, child);
      place = child;
    }
  }

  /** A place behind the end is the latest of all. */
  #isEarlier(one: number, other: number): boolean {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (first === undefined) return false;
    return second === undefined || first.atMs < second.atMs;
  }

  #swap(one: number, other: number): void {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (first === undefined || second === undefined) return;
    this.#put(one, second);
    this.#put(other, first);
  }

  #put(place: number, item: Item): void {
    this.#heap[place] = item;
    this.#places.set(item.id, place);
  }
}
