import type { Masker, MaskTarget } from '@drawbridge/masking';
import { isIndex, type Place } from '../masking/masked-place.js';
import { isRecord } from '../hold/json-at.js';

/** A name that makes a secret of what stands beside it, where the real one is not known. */
const SECRET_NAME = 'password';
const SECRET_FLAG = '--password';
const words = new Set(['command', 'args']);
/** Members of these are names, also those that look like the place of an element. */
const named = new Set(['data', 'stringData', 'binaryData', 'annotations', 'labels']);
const NEWLINE = 0x0a;

/**
 * A JSON patch with its values masked, each as it would be at the place where it goes. Where it depends on what stands
 * beside it, which nobody knows here, it is masked.
 *
 * @returns `undefined` when it is none
 */
export function maskedPatch(
  patch: unknown,
  { masker, target }: { readonly masker: Masker; readonly target: MaskTarget },
): unknown {
  if (!Array.isArray(patch) || !patch.every(isRecord)) return undefined;
  const valued = patch.filter((operation) => Object.hasOwn(operation, 'value'));
  const places = valued.map(({ path, value }) => placeOfValue(path, value));
  const documents = valued.map(({ value }, index) => documentOf(places[index] ?? [], value));
  const masked = maskedDocuments(documents, masker.body(target, stream));
  if (masked.length !== documents.length) return undefined;
  const values = new Map(
    valued.map((operation, index) => [operation, valueAt(masked[index], places[index] ?? [])]),
  );
  return patch.map((operation) => ({
    ...lined(operation, masker),
    ...(values.has(operation) && { value: values.get(operation) }),
  }));
}

const stream = { contentType: 'application/json', contentEncoding: '', isStream: true };

/** All in one pass, one a line. */
function maskedDocuments(
  documents: readonly unknown[],
  mask: ReturnType<Masker['body']>,
): readonly unknown[] {
  if (documents.length === 0) return [];
  const text = documents.map((document) => `${JSON.stringify(document)}\n`).join('');
  const pieces = mask.push(Buffer.from(text)).map((piece) => Buffer.from(piece));
  const all = Buffer.concat([...pieces, ...mask.end()]);
  return linesOf(all).map((line): unknown => JSON.parse(line.toString('utf8')));
}

function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return lines;
}

/** An object with nothing but the value, at its place. */
function documentOf(place: Place, value: unknown): unknown {
  let inner = value;
  for (let at = place.length - 1; at >= 0; at -= 1) inner = around(place, at, inner);
  return inner;
}

function around(place: Place, at: number, inner: unknown): unknown {
  const name = place[at] ?? '';
  const list = place[at - 1] ?? '';
  if (isElement(place, at)) return words.has(list) ? [SECRET_FLAG, inner] : [inner];
  const isValue = name === 'value' && at > 0 && isElement(place, at - 1);
  return isValue ? { name: SECRET_NAME, value: inner } : { [name]: inner };
}

const isElement = (place: Place, at: number): boolean =>
  at > 0 && isIndex(place[at] ?? '') && !named.has(place[at - 1] ?? '');

/** @throws TypeError when it is not there */
function valueAt(document: unknown, place: Place): unknown {
  return place.reduce<unknown>((inner, name, at) => {
    if (Array.isArray(inner) && isElement(place, at)) return inner.at(-1);
    if (isRecord(inner)) return inner[name];
    throw new TypeError('a masked value is not at its place');
  }, document);
}

/** Its other members: names of places, which are shown, but for what looks like a secret. */
const lined = (operation: Readonly<Record<string, unknown>>, masker: Masker) =>
  Object.fromEntries(
    Object.entries(operation).flatMap(([name, said]) =>
      name === 'value' ? [] : [[name, typeof said === 'string' ? masker.line(said) : null]],
    ),
  );

/** A document of its own needs something around it. */
function placeOfValue(path: unknown, value: unknown): Place {
  const place = placeOf(path);
  const isContainer = typeof value === 'object' && value !== null;
  return place.length === 0 && !isContainer ? ['value'] : place;
}

/** Of a JSON pointer. */
function placeOf(pointer: unknown): Place {
  if (typeof pointer !== 'string') throw new TypeError('a place is not a text');
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
