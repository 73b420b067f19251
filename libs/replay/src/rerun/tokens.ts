import { isList, isObject, objectAt, textAt, type Json, type JsonObject } from '../json.js';

/**
 * What a cluster makes up for itself and calls send back to it: uids, versions, places in lists. A value of the recorded
 * cluster stands for the one that the other cluster gave out in its place.
 */
export class Tokens {
  readonly #other = new Map<string, string>();

  /** Takes two answers to the same call, or an object and what it was stored as. */
  pair(recorded: Json | undefined, other: Json | undefined): void {
    this.#pairMetadata(recorded, other);
    const [ours, theirs] = [itemsOf(recorded), itemsOf(other)];
    for (const [name, item] of ours) this.#pairMetadata(item, theirs.get(name));
  }

  /** What stands for a value; the value itself when nothing is known. */
  of(value: string): string {
    return this.#other.get(value) ?? value;
  }

  #pairMetadata(recorded: Json | undefined, other: Json | undefined): void {
    for (const name of ['uid', 'resourceVersion', 'continue']) {
      const [from, to] = [textAt(recorded, 'metadata', name), textAt(other, 'metadata', name)];
      if (from !== '' && to !== '') this.#other.set(from, to);
    }
  }

  /** A body that is sent, with what the other cluster knows it by. */
  inBody(body: Json): Json {
    if (isList(body)) return body.map((operation) => this.#inPatchOperation(operation));
    if (!isObject(body)) return body;
    const metadata = objectAt(body, 'metadata');
    const preconditions = objectAt(body, 'preconditions');
    return {
      ...body,
      ...(isObject(body['metadata']) ? { metadata: this.#inMetadata(metadata) } : {}),
      ...(isObject(body['preconditions'])
        ? { preconditions: this.#inMetadata(preconditions) }
        : {}),
    };
  }

  #inMetadata(metadata: JsonObject): JsonObject {
    const owners = metadata['ownerReferences'];
    return {
      ...metadata,
      ...this.#member(metadata, 'uid'),
      ...this.#member(metadata, 'resourceVersion'),
      ...(isList(owners)
        ? {
            ownerReferences: owners.map((owner) =>
              isObject(owner) ? { ...owner, ...this.#member(owner, 'uid') } : owner,
            ),
          }
        : {}),
    };
  }

  #member(object: JsonObject, name: string): JsonObject {
    const value = object[name];
    return typeof value === 'string' ? { [name]: this.of(value) } : {};
  }

  #inPatchOperation(operation: Json): Json {
    if (!isObject(operation)) return operation;
    const isToken = /^\/metadata\/(uid|resourceVersion)$/.test(textAt(operation, 'path'));
    return isToken ? { ...operation, ...this.#member(operation, 'value') } : operation;
  }
}

function itemsOf(list: Json | undefined): ReadonlyMap<string, Json> {
  const items = isObject(list) ? list['items'] : undefined;
  if (!isList(items)) return new Map();
  return new Map(
    items.map((item) => [
      `${textAt(item, 'metadata', 'namespace')}/${textAt(item, 'metadata', 'name')}`,
      item,
    ]),
  );
}
