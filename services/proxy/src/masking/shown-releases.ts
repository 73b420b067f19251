import type { KubeRequest } from '../domain/kube-request.js';
import { parseKubeQuery, queryValue } from '../domain/kube-query.js';
import { readJson } from '../guard/read-json.js';
import { isRecord, textAt } from '../hold/json-at.js';
import type { BodyTransform } from '../streams/body-transform.js';

const TYPE = 'helm.sh/release.v1';
const NAME = 'sh.helm.release.v1.';
/** Of Helm's packed JSON: base64, twice, of gzip. */
const PACKED = /^H4sI/;
/** Longer answers are masked whole: what is looked at as a whole is held in memory. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Whether Helm reads its releases so: one by its name, or those of a label that it gives to all of them. */
export function readsReleases(kube: KubeRequest): boolean {
  if (kube.kind !== 'resource' || kube.method !== 'GET' || kube.verbInPath) return false;
  const { apiGroup, resource, subresource, verb, name, target } = kube;
  if (apiGroup !== '' || resource !== 'secrets' || subresource !== '') return false;
  if (verb === 'get') return name.startsWith(NAME);
  if (verb !== 'list') return false;
  const selector = queryValue(parseKubeQuery(target.replace(/^[^?]*\??/s, '')), 'labelSelector');
  return (selector ?? '').split(',').some((term) => /^owner==?helm$/.test(term));
}

/**
 * A masked answer in which Helm's releases are as the cluster sent them, and nothing else is. What is one, the object
 * itself says: by name, type, label and form together. So it is looked at whole; an answer that is too long for that
 * is masked like any other.
 */
export class ShownReleases implements BodyTransform {
  #pieces: Buffer[] | undefined = [];
  #length = 0;

  constructor(private readonly inner: BodyTransform) {}

  get masked(): number {
    return this.inner.masked ?? 0;
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (this.#pieces === undefined) return this.inner.push(chunk);
    this.#pieces.push(Buffer.from(chunk));
    this.#length += chunk.length;
    if (this.#length <= MAX_BYTES) return [];
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = undefined;
    return this.inner.push(whole);
  }

  end(): readonly Uint8Array[] {
    if (this.#pieces === undefined) return this.inner.end();
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = [];
    const taken = takeReleases(readJson(whole));
    if (taken === undefined) return this.#maskWhole(whole);
    const rest = this.#maskWhole(Buffer.from(JSON.stringify(taken.rest)));
    return [putBack(Buffer.concat(rest), taken.releases)];
  }

  /** What comes out of a masker is good until it gets more. */
  #maskWhole(bytes: Buffer): readonly Buffer[] {
    const first = this.inner.push(bytes).map((piece) => Buffer.from(piece));
    return [...first, ...this.inner.end().map((piece) => Buffer.from(piece))];
  }
}

/** The data of those objects that are releases, by their place in the answer. */
type Releases = ReadonlyMap<number, unknown>;

/** @returns `undefined` when there is none */
function takeReleases(answer: unknown): { rest: unknown; releases: Releases } | undefined {
  const releases = new Map<number, unknown>();
  objectsOf(answer).forEach((object, index) => {
    if (!isRelease(object)) return;
    releases.set(index, object['data']);
    object['data'] = {};
  });
  return releases.size === 0 ? undefined : { rest: answer, releases };
}

/** Masking changes values, and neither the number of objects nor their order. */
function putBack(masked: Buffer, releases: Releases): Buffer {
  const answer: unknown = JSON.parse(masked.toString('utf8'));
  objectsOf(answer).forEach((object, index) => {
    if (releases.has(index)) object['data'] = releases.get(index);
  });
  return Buffer.from(`${JSON.stringify(answer)}\n`);
}

function objectsOf(answer: unknown): readonly Record<string, unknown>[] {
  if (!isRecord(answer)) return [];
  if (answer['kind'] === 'Secret') return [answer];
  const { kind, items } = answer;
  if (kind !== 'SecretList' || !Array.isArray(items) || !items.every(isRecord)) return [];
  return items;
}

const isRelease = ({ type, metadata, data, stringData }: Record<string, unknown>): boolean =>
  type === TYPE && stringData === undefined && isNamed(metadata) && isOnlyRelease(data);

const isNamed = (metadata: unknown): boolean =>
  textAt(metadata, 'name').startsWith(NAME) && textAt(metadata, 'labels', 'owner') === 'helm';

const isOnlyRelease = (data: unknown): boolean =>
  isRecord(data) && Object.keys(data).length === 1 && isPacked(textAt(data, 'release'));

const isPacked = (release: string): boolean =>
  PACKED.test(Buffer.from(release.slice(0, 8), 'base64').toString('latin1'));

/** What its record and its client are told of such a call. */
export const releasesShown =
  '299 - "drawbridge: Helm releases are shown as they are on this connection, with every value in them"';
