import { invalid, notSupported, required, type StatusCause } from '../api-status.js';
import { defaultManager } from '../fields/managed-fields.js';
import { type JsonObject, listAt, numberAt, stringAt } from '../json.js';
import type { DeleteOptions, Propagation } from '../registry/delete-object.js';
import type { WriteOptions } from '../registry/write-options.js';
import type { Exchange } from './exchange.js';

/** The options of a create, update or patch from the query. */
export function writeOptions(exchange: Exchange): WriteOptions {
  const { query, warn } = exchange;
  const kind = optionsKinds[exchange.method] ?? 'CreateOptions';
  return {
    dryRun: isDryRun(kind, query.getAll('dryRun')),
    fieldManager: query.get('fieldManager') ?? defaultManager(exchange.header('user-agent')),
    fieldValidation: fieldValidation(kind, query.get('fieldValidation') ?? ''),
    warn,
  };
}

const optionsKinds: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

function invalidOptions(kind: string, cause: StatusCause) {
  return invalid({ group: 'meta.k8s.io', kind }, '', [cause]);
}

function isDryRun(kind: string, values: readonly string[]): boolean {
  const given = values.filter((value) => value !== '');
  if (given.every((value) => value === 'All')) return given.length > 0;
  const message = `Unsupported value: ${JSON.stringify(given)}: supported values: "All"`;
  throw invalidOptions(kind, { reason: 'FieldValueNotSupported', message, field: 'dryRun' });
}

/** Server-side apply has to say who applies. */
export function requireFieldManager(exchange: Exchange): void {
  if ((exchange.query.get('fieldManager') ?? '') !== '') return;
  throw invalidOptions('PatchOptions', required('fieldManager', 'is required for apply patch'));
}

function fieldValidation(kind: string, value: string): WriteOptions['fieldValidation'] {
  switch (value) {
    case 'Strict':
    case 'Ignore':
    case 'Warn':
      return value;
    case '':
      return 'Warn';
    default:
      throw invalidOptions(
        kind,
        notSupported('fieldValidation', value, ['', 'Ignore', 'Strict', 'Warn']),
      );
  }
}

/** The options of a deletion, from the body if there is one and from the query otherwise. */
export function deleteOptions(exchange: Exchange, body: JsonObject | undefined): DeleteOptions {
  const { query } = exchange;
  const given = body ?? fromQuery(query);
  const uid = stringAt(given, 'preconditions', 'uid');
  const resourceVersion = stringAt(given, 'preconditions', 'resourceVersion');
  const dryRun = listAt(given, 'dryRun').map(String);
  return {
    dryRun: isDryRun('DeleteOptions', [...dryRun, ...query.getAll('dryRun')]),
    gracePeriodSeconds: gracePeriod(given),
    propagation: propagation(given),
    preconditions: {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
}

function gracePeriod(given: JsonObject): number | undefined {
  const seconds = numberAt(given, 'gracePeriodSeconds');
  return seconds === undefined ? undefined : Math.max(0, seconds);
}

function fromQuery(query: URLSearchParams): JsonObject {
  const seconds = query.get('gracePeriodSeconds');
  return {
    ...(seconds === null ? {} : { gracePeriodSeconds: Number(seconds) }),
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    orphanDependents: query.get('orphanDependents') === 'true' ? true : undefined,
  };
}

function propagation(given: JsonObject): Propagation {
  const policy = stringAt(given, 'propagationPolicy');
  if (policy === undefined) {
    return given['orphanDependents'] === true ? 'Orphan' : 'Background';
  }
  if (policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') return policy;
  const supported = ['Foreground', 'Background', 'Orphan', 'nil'];
  throw invalidOptions('DeleteOptions', notSupported('propagationPolicy', policy, supported));
}

/** True if the query asks for a watch: any value but `0` and `false`. */
export function asksForWatch(query: URLSearchParams): boolean {
  const watch = query.get('watch');
  return watch !== null && watch !== '0' && watch.toLowerCase() !== 'false';
}
