import type { Http2Stream } from './http2-stream.js';

/** Twice as many as there may be streams, so that a free place is near. */
const PLACES = 512;

/**
 * The open streams of a connection by their ids. No map: what was taken out of one lives on in its old tables, and
 * with each stream a call and its answer.
 */
export class StreamTable {
  readonly #places: (Http2Stream | undefined)[] = Array.from({ length: PLACES }, () => undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Http2Stream | undefined {
    const stream = this.#places[placeOf(id)];
    return stream?.id === id ? stream : undefined;
  }

  /** The first id from `id` on that has a place: those between are never used. */
  freeFrom(id: number): number {
    let free = id;
    while (this.#places[placeOf(free)] !== undefined) free += 2;
    return free;
  }

  add(stream: Http2Stream): void {
    this.#places[placeOf(stream.id)] = stream;
    this.#size += 1;
  }

  /** @returns false when it is not in it */
  delete(stream: Http2Stream): boolean {
    const place = placeOf(stream.id);
    if (this.#places[place] !== stream) return false;
    this.#places[place] = undefined;
    this.#size -= 1;
    return true;
  }

  all(): readonly Http2Stream[] {
    return this.#places.filter((stream) => stream !== undefined);
  }
}

/** Ids of ours are odd. */
const placeOf = (id: number): number => (id >>> 1) % PLACES;
