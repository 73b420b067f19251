import type {
  AuditCommand,
  NoChangesKnown,
  StoryChange,
  StoryChanges,
} from '@drawbridge/contracts';
import {
  isList,
  isObject,
  isTooDeep,
  parseJson,
  textAt,
  valueAt,
  type JsonObject,
} from '../json.js';
import type { RecordedBodies, RecordedBody } from '../recorded-body.js';
import { isChange } from './is-dry-run.js';
import { contentOf, objectChanges, objectName } from './object-changes.js';

/** More of one call are counted, not listed. */
const MAX_CHANGES = 100;

/**
 * What a write changed, out of the object before it and the answer to it.
 *
 * @returns `undefined` for what is no write, and for a write that was refused or failed
 */
export function changesOf(command: AuditCommand, bodies: RecordedBodies): StoryChanges | undefined {
  const { statusCode = 0 } = command;
  if (!isChange(command) || statusCode < 200 || statusCode > 299) return undefined;
  const found = differences(command, bodies);
  if (typeof found === 'string') return { unknown: found };
  const more = found.length - MAX_CHANGES;
  return { changes: found.slice(0, MAX_CHANGES), ...(more > 0 ? { more } : {}) };
}

function differences(
  command: AuditCommand,
  { before, response }: RecordedBodies,
): readonly StoryChange[] | NoChangesKnown {
  const after = objectIn(response);
  if (isCreation(command, before)) return created(after);
  if (command.verb === 'deletecollection') return deletedAll(after);
  const old = objectIn(before);
  if (typeof old === 'string') return old;
  if (command.verb === 'delete' || command.subresource === 'eviction') return [gone(old)];
  if (typeof after === 'string') return after;
  if (command.subresource === 'scale') return scaled(old, after);
  if (textAt(after, 'kind') !== textAt(old, 'kind')) return 'no_object';
  return objectChanges(old, after, { withStatus: command.subresource === 'status' });
}

/** Of what is scaled only the number is shown. */
function scaled(old: JsonObject, after: JsonObject): readonly StoryChange[] {
  const spec = (object: JsonObject) => ({
    spec: { replicas: valueAt(object, 'spec', 'replicas') },
  });
  return objectChanges(spec(old), spec(after), { withStatus: false });
}

/** Also an update or an apply of what the cluster said was not there. */
const isCreation = (
  { verb, subresource }: AuditCommand,
  before: RecordedBody | undefined,
): boolean => (verb === 'create' && subresource === '') || before?.cut === 'before_not_found';

function created(after: JsonObject | NoChangesKnown): readonly StoryChange[] | NoChangesKnown {
  if (typeof after === 'string') return after;
  return [{ path: '', after: objectName(after) }, ...contentOf(after)];
}

function deletedAll(after: JsonObject | NoChangesKnown): readonly StoryChange[] | NoChangesKnown {
  if (typeof after === 'string') return after;
  const { items } = after;
  if (!isList(items)) return 'no_object';
  const kind = textAt(after, 'kind').replace(/List$/, '');
  return items.filter(isObject).map((item) => gone({ kind, ...item }));
}

const gone = (object: JsonObject): StoryChange => ({ path: '', before: objectName(object) });

function objectIn(body: RecordedBody | undefined): JsonObject | NoChangesKnown {
  if (body === undefined) return 'not_recorded';
  if (body.cut !== undefined) return 'not_whole';
  if (body.text === undefined) return isJson(body) ? 'too_large' : 'not_json';
  // What an agent writes is as deep as it likes, and must not keep anybody from reading its session.
  if (isTooDeep(body.text)) return 'too_large';
  const object = parseJson(body.text);
  return isObject(object) ? object : 'not_json';
}

const isJson = ({ contentType }: RecordedBody): boolean =>
  /^application\/(.+\+)?json\b/.test(contentType);
