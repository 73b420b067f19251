import { isList, isObject, objectAt, textAt, without, type JsonObject } from '../json.js';
import { isDryRun } from '../story/is-dry-run.js';
import {
  isSuccess,
  keyOf,
  objectOf,
  refOf,
  type ObjectRef,
  type RecordedCall,
} from './recorded-call.js';
import { selects, type Labelled } from './selects.js';

/** What a call shows of the cluster as it was when the call was made. */
export type Observation =
  | { readonly type: 'object'; readonly ref: ObjectRef; readonly object: JsonObject }
  /** Known by its metadata only, as the rows of a table are. */
  | { readonly type: 'named'; readonly ref: ObjectRef; readonly object: JsonObject }
  | { readonly type: 'absent'; readonly ref: ObjectRef }
  /** Of this collection there is nothing that `covers` and was not shown. */
  | {
      readonly type: 'whole';
      readonly ref: ObjectRef;
      readonly covers: (ref: ObjectRef, object: JsonObject) => boolean;
    };

/** What a call shows of the cluster before it did anything. */
export function observedBefore(call: RecordedCall): readonly Observation[] {
  const { command, bodies } = call;
  if (command.verb === 'list') return isSuccess(command) ? listed(call) : [];
  if (command.verb === 'get') return gotten(call);
  const ref = refOf(command);
  // Its answer lists what there was.
  if (command.verb === 'deletecollection') return isSuccess(command) ? listed(call) : [];
  const isGone = bodies.before?.cut === 'before_not_found' || isNotFound(call);
  if (isGone) return [{ type: 'absent', ref }];
  if (command.verb === 'create') return existing(call);
  return shown(ref, objectOf(bodies.before));
}

/** What could not be created because it was there: how it was, what was to be created must do to say. */
function existing({ command, bodies }: RecordedCall): readonly Observation[] {
  const { request, response } = bodies;
  if (command.subresource !== '') return shown(refOf(command), objectOf(bodies.before));
  if (textAt(objectOf(response), 'reason') !== 'AlreadyExists') return [];
  const object = objectOf(request);
  const name = textAt(object, 'metadata', 'name');
  if (object === undefined || name === '') return [];
  return [{ type: 'named', ref: { ...refOf(command), name }, object }];
}

/** What a write left behind, by its own answer: what it says nothing of, nobody knows. */
export function observedAfter(call: RecordedCall): readonly Observation[] {
  const { command, bodies } = call;
  if (!isSuccess(command) || isDryRun(command)) return [];
  const answer = objectOf(bodies.response);
  const ref = refOf(command);
  const isOfObject = command.subresource === '' || command.subresource === 'status';
  if (!isOfObject) return [];
  if (command.verb === 'deletecollection') {
    return itemsOf(ref, answer).map((item) => ({ type: 'absent', ref: item.ref }));
  }
  if (command.verb === 'delete') return deleted(ref, answer);
  return ['create', 'update', 'patch'].includes(command.verb) ? shown(ref, answer) : [];
}

function deleted(ref: ObjectRef, answer: JsonObject | undefined): readonly Observation[] {
  const isStillThere = textAt(answer, 'metadata', 'deletionTimestamp') !== '';
  if (answer !== undefined && isStillThere) return [{ type: 'object', ref, object: answer }];
  return [{ type: 'absent', ref }];
}

function gotten({ command, bodies }: RecordedCall): readonly Observation[] {
  const ref = refOf(command);
  if (command.subresource !== '' && command.subresource !== 'status') return [];
  if (command.statusCode === 404) return isNoNamespace(bodies) ? [] : [{ type: 'absent', ref }];
  if (!isSuccess(command)) return [];
  const answer = objectOf(bodies.response);
  if (textAt(answer, 'kind') === 'Table') return rowsOf(ref, answer);
  return shown(ref, answer);
}

/** A write of an object that is not there; it may have been, when it was looked at just before. */
const isNotFound = ({ command, bodies }: RecordedCall): boolean =>
  command.statusCode === 404 &&
  command.name !== '' &&
  textAt(objectOf(bodies.response), 'details', 'kind') === command.resource &&
  textAt(objectOf(bodies.response), 'details', 'name') === command.name;

const isNoNamespace = (bodies: RecordedCall['bodies']): boolean =>
  textAt(objectOf(bodies.response), 'details', 'kind') === 'namespaces';

/** Kinds of answers that are no stored objects. */
const views = new Set([
  ...['', 'Status', 'Scale', 'Eviction', 'Binding', 'Table', 'TokenRequest'],
  ...['PartialObjectMetadata', 'DeleteOptions'],
]);

function shown(ref: ObjectRef, object: JsonObject | undefined): readonly Observation[] {
  const name = textAt(object, 'metadata', 'name');
  if (object === undefined || name === '' || views.has(textAt(object, 'kind'))) return [];
  const namespace = textAt(object, 'metadata', 'namespace');
  return [{ type: 'object', ref: { ...ref, namespace, name }, object }];
}

function listed({ command, bodies }: RecordedCall): readonly Observation[] {
  const ref = { ...refOf(command), name: '' };
  const answer = objectOf(bodies.response);
  if (answer === undefined) return [];
  const isTable = textAt(answer, 'kind') === 'Table';
  const seen = isTable ? rowsOf(ref, answer) : itemsOf(ref, answer);
  const query = new URLSearchParams(command.query);
  const isPaged =
    textAt(answer, 'metadata', 'continue') !== '' || (query.get('continue') ?? '') !== '';
  const selected = isPaged ? undefined : selects(query, command.name);
  if (selected === undefined) return seen;
  const present = new Set(seen.map((each) => keyOf(each.ref)));
  const covers = (other: ObjectRef, object: JsonObject): boolean =>
    isIn(ref, other) && !present.has(keyOf(other)) && selected(labelledOf(other, object));
  return [...seen, { type: 'whole', ref, covers }];
}

const isIn = (collection: ObjectRef, other: ObjectRef): boolean =>
  collection.group === other.group &&
  collection.version === other.version &&
  collection.resource === other.resource &&
  (collection.namespace === '' || collection.namespace === other.namespace);

const labelledOf = ({ namespace, name }: ObjectRef, object: JsonObject): Labelled => ({
  ...{ namespace, name },
  labels: objectAt(object, 'metadata', 'labels'),
});

type Shown = Extract<Observation, { type: 'object' | 'named' }>;

function itemsOf(ref: ObjectRef, list: JsonObject | undefined): readonly Shown[] {
  const items = list?.['items'];
  const kind = textAt(list, 'kind').replace(/List$/, '');
  const type = kind === 'PartialObjectMetadata' ? 'named' : 'object';
  if (!isList(items)) return [];
  // The elements of a list do not say what they are: the list does.
  const told = { apiVersion: textAt(list, 'apiVersion'), kind };
  return items.filter(isObject).map((item) => ({
    ...{ type, ref: refIn(ref, item) },
    object: type === 'named' ? metadataOnly(item) : { ...told, ...item },
  }));
}

function rowsOf(ref: ObjectRef, table: JsonObject | undefined): readonly Shown[] {
  const rows = table?.['rows'];
  if (!isList(rows)) return [];
  return rows.filter(isObject).flatMap((row): readonly Shown[] => {
    const object = objectAt(row, 'object');
    if (textAt(object, 'metadata', 'name') === '') return [];
    const isWhole = textAt(object, 'kind') !== 'PartialObjectMetadata';
    const type = isWhole ? 'object' : 'named';
    return [{ type, ref: refIn(ref, object), object: isWhole ? object : metadataOnly(object) }];
  });
}

const metadataOnly = (object: JsonObject): JsonObject => ({
  metadata: without(objectAt(object, 'metadata'), ['managedFields']),
});

const refIn = (collection: ObjectRef, object: JsonObject): ObjectRef => ({
  ...collection,
  namespace: textAt(object, 'metadata', 'namespace') || collection.namespace,
  name: textAt(object, 'metadata', 'name'),
});
