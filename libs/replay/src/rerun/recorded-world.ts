import { objectAt, textAt, type JsonObject } from '../json.js';
import { observedAfter, observedBefore, type Observation } from './observe.js';
import { keyOf, type ObjectRef, type RecordedCall } from './recorded-call.js';

/** What has to happen in a sandbox, so that it is as the record says that the cluster was. */
export interface WorldChange {
  readonly ref: ObjectRef;
  /** As the record knew it last; absent: not at all, or that there was none. */
  readonly old?: JsonObject;
  /** As it is from here on; absent: gone. */
  readonly now?: JsonObject;
}

interface Known {
  readonly ref: ObjectRef;
  /** Absent: known to be gone. */
  readonly object?: JsonObject;
}

/**
 * The cluster as far as the record shows it, call by call. What differs from one look to the next, and was not done by
 * the session itself, somebody else did: a controller, a human.
 */
export class RecordedWorld {
  readonly #known = new Map<string, Known>();
  readonly #first: ReadonlyMap<string, JsonObject>;
  /** Keys of what only its metadata is known of, as it is now. */
  readonly #named = new Set<string>();

  /** @param calls - all of them, the oldest first: what is shown whole later was so before, unless it was written */
  constructor(calls: readonly RecordedCall[]) {
    this.#first = firstShown(calls);
  }

  /** What others have done since the last call, as this one shows. */
  before(call: RecordedCall): readonly WorldChange[] {
    return observedBefore(call).flatMap((seen) => this.#see(seen));
  }

  /** Notes what the call itself did, as its answer shows. */
  after(call: RecordedCall): readonly WorldChange[] {
    return observedAfter(call).flatMap((seen) => this.#see(seen));
  }

  /** Whether it is known that there is such an object. */
  has(ref: ObjectRef): boolean {
    return this.#known.get(keyOf(ref))?.object !== undefined;
  }

  /** Whether only its name and other metadata are known, or it has changed since it was shown whole. */
  isNamedOnly(ref: ObjectRef): boolean {
    return this.#named.has(keyOf(ref));
  }

  #see(seen: Observation): readonly WorldChange[] {
    switch (seen.type) {
      case 'object':
        this.#named.delete(keyOf(seen.ref));
        return [this.#present(seen.ref, seen.object)];
      case 'named':
        return this.#presentByName(seen.ref, seen.object);
      case 'absent':
        return this.#absent(seen.ref);
      case 'whole':
        return [...this.#known.values()].flatMap(({ ref, object }) =>
          object !== undefined && seen.covers(ref, object) ? this.#absent(ref) : [],
        );
    }
  }

  #present(ref: ObjectRef, object: JsonObject): WorldChange {
    const old = this.#known.get(keyOf(ref))?.object;
    this.#known.set(keyOf(ref), { ref, object });
    return { ref, now: object, ...(old === undefined ? {} : { old }) };
  }

  #presentByName(ref: ObjectRef, named: JsonObject): readonly WorldChange[] {
    const key = keyOf(ref);
    const old = this.#known.get(key)?.object;
    const whole = old ?? this.#first.get(key);
    if (whole === undefined || versionOf(whole) !== versionOf(named)) this.#named.add(key);
    const metadata = { ...objectAt(whole, 'metadata'), ...objectAt(named, 'metadata') };
    return [this.#present(ref, { ...named, ...whole, metadata })];
  }

  #absent(ref: ObjectRef): readonly WorldChange[] {
    const old = this.#known.get(keyOf(ref))?.object;
    this.#known.set(keyOf(ref), { ref });
    return old === undefined ? [] : [{ ref, old }];
  }
}

const versionOf = (object: JsonObject): string => textAt(object, 'metadata', 'resourceVersion');

/** Each object as it was shown whole before the session wrote it. */
function firstShown(calls: readonly RecordedCall[]): ReadonlyMap<string, JsonObject> {
  const first = new Map<string, JsonObject>();
  const written = new Set<string>();
  for (const call of calls) {
    for (const seen of observedBefore(call)) {
      const key = keyOf(seen.ref);
      if (seen.type === 'object' && !written.has(key) && !first.has(key)) {
        first.set(key, seen.object);
      }
    }
    for (const { ref } of observedAfter(call)) written.add(keyOf(ref));
  }
  return first;
}
