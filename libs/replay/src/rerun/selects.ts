import { textAt, type JsonObject } from '../json.js';

/** What selectors look at. */
export interface Labelled {
  readonly namespace: string;
  readonly name: string;
  readonly labels: JsonObject;
}

type Test = (object: Labelled) => boolean;

/**
 * What a list selects by its query.
 *
 * @returns `undefined` when that cannot be told from labels and names alone
 */
export function selects(query: URLSearchParams, name: string): Test | undefined {
  const labels = parts(query.get('labelSelector') ?? '').map(labelTest);
  const fields = parts(query.get('fieldSelector') ?? '').map(fieldTest);
  const tests = [...labels, ...fields, ...(name === '' ? [] : [named(name)])];
  const known = tests.filter((test) => test !== undefined);
  return known.length === tests.length
    ? (object) => known.every((test) => test(object))
    : undefined;
}

const named =
  (name: string): Test =>
  (object) =>
    object.name === name;

/** At commas, but not at those of a set in brackets. */
const parts = (selector: string): readonly string[] =>
  selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

function labelTest(text: string): Test | undefined {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    // What has no such label is in no set, so notin takes it.
    return ({ labels }) =>
      (Object.hasOwn(labels, key) && values.has(textAt(labels, key))) === (operator === 'in');
  }
  const equal = /^([^\s!=]+)\s*(!=|==|=)\s*(\S*)$/.exec(text);
  if (equal !== null) {
    const [, key = '', operator, value = ''] = equal;
    return ({ labels }) =>
      (Object.hasOwn(labels, key) && textAt(labels, key) === value) === (operator !== '!=');
  }
  const exists = /^(!?)([^\s!=()]+)$/.exec(text);
  if (exists === null) return undefined;
  const [, not, key = ''] = exists;
  return ({ labels }) => Object.hasOwn(labels, key) === (not === '');
}

function fieldTest(text: string): Test | undefined {
  const [, field, value = ''] = /^metadata\.(name|namespace)==?(\S+)$/.exec(text) ?? [];
  if (field === 'name') return named(value);
  return field === 'namespace' ? ({ namespace }) => namespace === value : undefined;
}
