import { isList, isObject, objectAt, textAt, type Json, type JsonObject } from '../json.js';
import { isSame } from './merge-change.js';

/** Where an answer is not the recorded one. */
export interface Difference {
  readonly path: string;
  /** As recorded; absent: it was not there. */
  readonly recorded?: string;
  /** As it is now; absent: it is not there. */
  readonly now?: string;
}

export interface ComparedAnswers {
  readonly recorded: JsonObject;
  readonly now: JsonObject;
  /** Whether all is known of an object, or only its metadata. */
  readonly isWhole: (namespace: string, name: string) => boolean;
  /** Tables are compared by the names in them, not by columns. */
  readonly rowsByName?: boolean;
}

/** What the server makes up, in `metadata`. */
const MADE_UP = new Set([
  ...['uid', 'resourceVersion', 'managedFields', 'generation', 'selfLink'],
  ...['creationTimestamp', 'deletionTimestamp'],
]);
const MASKED = ['drawbridge:masked:', 'ZHJhd2JyaWRnZTptYXNrZWQ6'];
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
/** Columns that tell how long ago something was. */
const AGE = /\b(age|seen|duration|since|schedule|expires)\b/i;
const MAX_DIFFERENCES = 50;
const MAX_VALUE = 300;

/**
 * How an answer differs from the recorded one in what it means: not in what a cluster makes up for itself (uids, versions,
 * generations, timestamps, field managers), nor in the words of a refusal, nor where a value was masked.
 */
export function compareAnswers(answers: ComparedAnswers): readonly Difference[] {
  return found(answers).slice(0, MAX_DIFFERENCES);
}

function found({ recorded, now, isWhole, rowsByName = false }: ComparedAnswers) {
  const kinds = at('kind', textAt(recorded, 'kind'), textAt(now, 'kind'));
  if (kinds.length > 0) return kinds;
  if (textAt(recorded, 'kind') === 'Status') return statuses(recorded, now);
  if (textAt(recorded, 'kind') === 'Table') {
    return tables(recorded, now, rowsByName ? undefined : isWhole);
  }
  if (isList(recorded['items'])) return lists(recorded, now);
  return objects('', recorded, now);
}

function statuses(recorded: JsonObject, now: JsonObject): readonly Difference[] {
  return ['status', 'reason', 'code'].flatMap((name) => at(name, recorded[name], now[name]));
}

function lists(recorded: JsonObject, now: JsonObject): readonly Difference[] {
  return paired(byName(recorded['items']), byName(now['items'])).flatMap(({ name, one, other }) =>
    one === undefined || other === undefined
      ? at(`items[${name}]`, shortOf(one), shortOf(other))
      : objects(`items[${name}]`, one, other),
  );
}

/** Of what is there on one side only, the kind of thing is said, not all of it. */
const shortOf = (value: Json | undefined): Json | undefined =>
  value === undefined ? undefined : textAt(value, 'metadata', 'name');

type Whole = ComparedAnswers['isWhole'];

/** @param isWhole - of which rows the cells count; absent: of none, nor do columns */
function tables(recorded: JsonObject, now: JsonObject, isWhole?: Whole): readonly Difference[] {
  const columns = columnsOf(recorded);
  const same =
    isWhole === undefined
      ? []
      : at('columnDefinitions', columns.join(', '), columnsOf(now).join(', '));
  if (same.length > 0) return same;
  const [ours, theirs] = [byName(recorded['rows']), byName(now['rows'])];
  return paired(ours, theirs).flatMap(({ name, one, other }) => {
    if (one === undefined || other === undefined) {
      return at(`rows[${name}]`, one && name, other && name);
    }
    const [namespace = '', ...rest] = name.split('/');
    return isWhole?.(namespace, rest.join('/')) === true
      ? cells({ name, columns }, one, other)
      : [];
  });
}

function columnsOf(table: JsonObject): readonly string[] {
  const columns = table['columnDefinitions'];
  return isList(columns) ? columns.map((column) => textAt(column, 'name')) : [];
}

function cells(
  { name, columns }: { readonly name: string; readonly columns: readonly string[] },
  ...[one, other]: readonly [Json, Json]
): readonly Difference[] {
  const [ours, theirs] = [cellsOf(one), cellsOf(other)];
  return columns.flatMap((column, index) =>
    AGE.test(column)
      ? []
      : at(`rows[${name}].${column}`, withoutAge(ours[index]), withoutAge(theirs[index])),
  );
}

const cellsOf = (row: Json): readonly Json[] => {
  const list = isObject(row) ? row['cells'] : undefined;
  return isList(list) ? list : [];
};

/** `1 (5m ago)` */
const withoutAge = (cell: Json | undefined): Json | undefined =>
  typeof cell === 'string' ? cell.replace(/ \(.* ago\)$/, '') : cell;

function byName(elements: Json | undefined): ReadonlyMap<string, Json> {
  if (!isList(elements)) return new Map();
  return new Map(
    elements.map((element) => {
      const row = objectAt(element, 'object');
      const named = Object.keys(row).length === 0 ? element : row;
      const [namespace, name] = [
        textAt(named, 'metadata', 'namespace'),
        textAt(named, 'metadata', 'name'),
      ];
      return [`${namespace}/${name}`, element];
    }),
  );
}

function paired(ours: ReadonlyMap<string, Json>, theirs: ReadonlyMap<string, Json>) {
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return names.map((name) => ({ name, one: ours.get(name), other: theirs.get(name) }));
}

function objects(
  path: string,
  one: Json | undefined,
  other: Json | undefined,
): readonly Difference[] {
  if (meanTheSame(path, one, other)) return [];
  if (isObject(one) && isObject(other)) {
    const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return names
      .filter((name) => !isMadeUp(path, name))
      .flatMap((name) => objects(path === '' ? name : `${path}.${name}`, one[name], other[name]));
  }
  if (isList(one) && isList(other) && one.length === other.length) {
    return one.flatMap((element, index) => objects(`${path}[${index}]`, element, other[index]));
  }
  return at(path, one, other);
}

const meanTheSame = (path: string, one: Json | undefined, other: Json | undefined): boolean =>
  isSame(one, other) ||
  isMasked(one) ||
  areInstants(path, one, other) ||
  (isNothing(one) && isNothing(other));

function isMadeUp(path: string, name: string): boolean {
  if (/(^|\.|\])metadata$/.test(path)) return MADE_UP.has(name);
  if (/metadata\.ownerReferences\[\d+\]$/.test(path)) return name === 'uid';
  return name === 'observedGeneration';
}

/** Kubernetes takes absent, `null`, `{}` and `[]` for the same. */
const isNothing = (value: Json | undefined): boolean =>
  value === undefined ||
  value === null ||
  (isList(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

const isMasked = (value: Json | undefined): boolean =>
  typeof value === 'string' && MASKED.some((mark) => value.includes(mark));

const areInstants = (path: string, one: Json | undefined, other: Json | undefined): boolean =>
  /(Time|Timestamp|[.\]]time|^time)$/.test(path) &&
  [one, other].every((value) => typeof value === 'string' && INSTANT.test(value));

const at = (path: string, one: Json | undefined, other: Json | undefined): readonly Difference[] =>
  isSame(one, other) ? [] : [{ path, ...textOf('recorded', one), ...textOf('now', other) }];

function textOf(name: 'recorded' | 'now', value: Json | undefined): Partial<Difference> {
  if (value === undefined) return {};
  const text = JSON.stringify(value);
  return { [name]: text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}…` };
}
