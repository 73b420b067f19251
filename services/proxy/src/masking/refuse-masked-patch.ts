import { isSecretName, type Masker } from '@drawbridge/masking';
import { CallRefused } from '../domain/call-refused.js';
import type { ResourceRequest } from '../domain/kube-request.js';
import { isIndex, MaskedPlaces, type Place } from './masked-place.js';

/** Media type of a patch that reads what is there: all others only say what shall be. */
const JSON_PATCH = /^\s*application\/json-patch\b/i;
/** Operations that read: each is looked at by masking an object. */
const MAX_READING = 1_000;
/** Members in which values stand that are masked, in lower case. */
const masked = new Set(['data', 'stringdata', 'binarydata', 'env', 'value', 'command', 'args']).add(
  'annotations',
);
/** Of `metadata`, what is shown to everybody. */
const shown = new Set(['name', 'namespace', 'labels', 'resourceversion', 'uid', 'generation'])
  .add('finalizers')
  .add('ownerreferences')
  .add('generatename')
  .add('creationtimestamp')
  .add('deletiontimestamp');
const members = ['op', 'from', 'path', 'value'];

export const isJsonPatch = (contentType: string): boolean => JSON_PATCH.test(contentType);

/** What is patched, and what would be masked of it. */
export type PatchedObject = Pick<ResourceRequest, 'apiGroup' | 'resource' | 'subresource'> & {
  readonly masker: Masker;
};

/**
 * Refuses a JSON patch that could tell what is masked: by copying it to where it is not, by testing whether it is
 * what somebody believes, or by changing the name beside it that says that it is one. A test for a value that would
 * not be masked itself tells nothing that is hidden.
 *
 * @throws {@link CallRefused} `masked_value_read`, `malformed_request`
 */
export function refuseMaskedPatch(bytes: Uint8Array, { masker, ...target }: PatchedObject): void {
  const reader = new PatchReader(target, new MaskedPlaces(masker, target));
  const operations = operationsOf(bytes);
  for (const { op, from, path } of operations) {
    const renamed = op === 'move' ? [from, path] : [path];
    const name =
      op === 'test' ? undefined : renamed.find((each) => saysWhatIsSecret(placeOf(each)));
    if (name !== undefined) throw refusedName(op, name);
  }
  const reading = operations.filter(({ op }) => readingOps.has(op));
  if (reading.length > MAX_READING) throw tooMany();
  for (const operation of reading) {
    const { op, from, path } = operation;
    const isTest = op === 'test';
    const may = isTest ? reader.mayTest(operation) : reader.mayCopy(operation);
    if (!may) throw refused(op, isTest ? path : from);
  }
}

const readingOps = new Set(['copy', 'move', 'test']);

/** Says which operations tell nothing. */
class PatchReader {
  readonly #isConfigMap: boolean;
  readonly #hasValues: boolean;

  constructor(
    { apiGroup, resource }: Pick<ResourceRequest, 'apiGroup' | 'resource'>,
    private readonly places: MaskedPlaces,
  ) {
    this.#isConfigMap = apiGroup === '' && resource === 'configmaps';
    this.#hasValues = this.#isConfigMap || (apiGroup === '' && resource === 'secrets');
  }

  mayTest({ path, value }: Operation): boolean {
    const place = placeOf(path);
    if (this.#isEntry(place) || isAnnotation(place)) {
      return isText(value) && !this.places.isSecret(place) && !this.places.masks(place, value);
    }
    if (!this.#isShown(place) || isDeep(value, place)) return false;
    return value === undefined || !this.places.masks(place, value);
  }

  /** Where it goes to it must be masked as well as where it is. */
  mayCopy({ from, path }: Operation): boolean {
    const [source, goal] = [placeOf(from), placeOf(path)];
    if (this.#isEntry(source)) return this.#isEntry(goal) && !this.places.isSecret(source);
    if (!this.#isShown(source)) return false;
    if (leavesItsList(source, goal)) return false;
    return !this.places.isOpen(goal) || this.places.isOpen(source);
  }

  /** One value of a ConfigMap: masked by its key, or by what it looks like wherever it is. */
  #isEntry(place: Place): boolean {
    return this.#isConfigMap && place.length === 2 && place[0] === 'data';
  }

  /** Whether what stands there is shown, but for what looks like a secret. */
  #isShown(place: Place): boolean {
    // Kubernetes reads names of fields in any case.
    const segments = place.map((segment) => segment.toLowerCase());
    const [first = '', second = ''] = segments;
    if (first === 'metadata') return shown.has(second);
    // A whole object has everything in it.
    if (first === '' || this.#hasValues) return isType(first);
    return segments.every((name) => !masked.has(name) && !isSecret(name));
  }
}

/** Lists in which a word can say that the next one is a secret, in lower case. */
const worded = new Set(['args', 'command']);
/** Lists whose elements have a name and no value, in lower case. */
const onlyNamed = new Set(['containers', 'initcontainers', 'ephemeralcontainers', 'ports'])
  .add('volumes')
  .add('volumemounts')
  .add('volumedevices')
  .add('imagepullsecrets')
  .add('ownerreferences')
  .add('subjects');

/** Whether a change there can make something else of a value that stands beside it. */
function saysWhatIsSecret(place: Place): boolean {
  const [list = '', index = '', last = ''] = place.slice(-3).map((name) => name.toLowerCase());
  // The end of a list has nothing behind it.
  if (place.length > 1 && worded.has((place.at(-2) ?? '').toLowerCase()))
    return place.at(-1) !== '-';
  return last === 'name' && isIndex(index) && !onlyNamed.has(list);
}

/** Only an element of a list has a name for its value; by its path, a member called "0" looks like one. */
function leavesItsList(source: Place, goal: Place): boolean {
  if (!isIndex(source.at(-1) ?? '') || onlyNamed.has((source.at(-2) ?? '').toLowerCase()))
    return false;
  return source.slice(0, -1).join('/') !== goal.slice(0, -1).join('/');
}

const isAnnotation = (place: Place): boolean =>
  place.length === 3 &&
  place[0] === 'metadata' &&
  place[1] === 'annotations' &&
  // It holds the object.
  place[2]?.endsWith('last-applied-configuration') !== true;

const isText = (value: unknown): boolean => typeof value === 'string';

interface Operation {
  readonly op: string;
  readonly from: string;
  readonly path: string;
  readonly value: unknown;
}

function operationsOf(bytes: Uint8Array): readonly Operation[] {
  const patch = parsed(bytes);
  if (!Array.isArray(patch)) throw malformed();
  return patch.map((operation: unknown) => {
    refuseOddMembers(operation);
    return {
      op: textOf(operation, 'op'),
      from: textOf(operation, 'from'),
      path: textOf(operation, 'path'),
      value: valueOf(operation, 'value'),
    };
  });
}

/** In another case a member is another one to some readers, and the same one to others. */
function refuseOddMembers(operation: unknown): void {
  const names = Object.keys(Object(operation) as object);
  const odd = names.some((name) => {
    const known = members.includes(name.toLowerCase());
    return known && !members.includes(name);
  });
  if (odd) throw malformed();
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw malformed();
  }
}

function valueOf(operation: unknown, name: string): unknown {
  if (typeof operation !== 'object' || operation === null) throw malformed();
  return Object.hasOwn(operation, name) ? Reflect.get(operation, name) : undefined;
}

function textOf(operation: unknown, name: string): string {
  const value = valueOf(operation, name);
  if (value === undefined) return '';
  if (typeof value !== 'string') throw malformed();
  return value;
}

function isSecret(name: string): boolean {
  const bytes = Buffer.from(name);
  return isSecretName({ bytes, start: 0, end: bytes.length }, 'anywhere');
}

const isType = (name: string): boolean =>
  name === 'type' || name === 'kind' || name === 'apiversion' || name === 'immutable';

/** What is compared with all of something is compared with what is masked in it too. */
const isDeep = (value: unknown, [first]: Place): boolean =>
  typeof value === 'object' && value !== null && first?.toLowerCase() !== 'metadata';

/** Of a JSON pointer. */
const placeOf = (pointer: string): Place =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));

const refused = (op: string, pointer: string): CallRefused =>
  new CallRefused(
    'masked_value_read',
    `a JSON patch must not "${op}" what stands at ${JSON.stringify(pointer)}: values there are not shown to you`,
  );

const refusedName = (op: string, pointer: string): CallRefused =>
  new CallRefused(
    'masked_value_read',
    `a JSON patch must not "${op}" what stands at ${JSON.stringify(pointer)}: it says what is masked beside it. ` +
      'Change the whole list',
  );

const malformed = (): CallRefused =>
  new CallRefused('malformed_request', 'expected a JSON patch: an array of operations');

const tooMany = (): CallRefused =>
  new CallRefused(
    'malformed_request',
    `a JSON patch may "copy", "move" and "test" ${MAX_READING} times at most`,
  );
