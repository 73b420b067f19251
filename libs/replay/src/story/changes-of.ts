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
/** Characters of what a cluster says. */
const MAX_REFUSAL = 500;

/**
 * What a write changed, out of the object before it and the answer to it.
 *
 * @returns `undefined` for what is no write, and for a write that Drawbridge refused
 */
export function changesOf(command: AuditCommand, bodies: RecordedBodies): StoryChanges | undefined {
  const { statusCode = 0 } = command;
  if (!isChange(command)) return undefined;
  if (statusCode >= 400) return refusalIn(bodies.response);
  if (statusCode < 200 || statusCode > 299) return undefined;
  const found = differences(command, bodies);
  if (typeof found === 'string') return { unknown: found };
  const more = found.length - MAX_CHANGES;
  return { changes: found.slice(0, MAX_CHANGES), ...(more > 0 ? { more } : {}) };
}

/** Why the cluster did not do it, in its own words. */
function refusalIn(response: RecordedBody | undefined): StoryChanges | undefined {
  const answer = objectIn(response);
  const message = typeof answer === 'string' ? '' : textAt(answer, 'message');
  if (message === '') return undefined;
  const isLong = message.length > MAX_REFUSAL;
  return { refusal: isLong ? `${message.slice(0, MAX_REFUSAL)}…` : message };
}

function differences(
  command: AuditCommand,
  { before, response }: RecordedBodies,
): readonly StoryChange[] | NoChangesKnown {
  const after = objectIn(response);
  if (isCreation(command, before)) return created(after);
  if (command.verb === 'deletecollection') return deletedAll(after);
  const old = objectIn(before);
  const isGone = command.verb === 'delete' || command.subresource === 'eviction';
  if (isGone) return [typeof old === 'string' ? goneByName(command) : gone(old)];
  if (typeof old === 'string') return old;
  if (typeof after === 'string') return after;
  if (command.subresource === 'scale') return scaled(old, after);
  if (textAt(after, 'kind') !== textAt(old, 'kind')) return 'no_object';
  return objectChanges(old, after, { withStatus: command.subresource === 'status' });
}

/** Of what is scaled only the number is shown. */
function scaled(old: JsonObject, after: JsonObject): readonly StoryChange[] {
  const spec = (object: JsonObject) => ({
    // A scale of 0 has no number.
    spec: { replicas: valueAt(object, 'spec', 'replicas') ?? 0 },
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

/** The call itself says which object it was, when nothing shows it. */
const goneByName = ({ resource, apiGroup, namespace, name }: AuditCommand): StoryChange => {
  const type = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
  return {
    path: '',
    before: `${type} ${[namespace, name].filter((part) => part !== '').join('/')}`,
  };
};

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
