import { badRequest } from '../api-status.js';
import { defaultManager } from '../fields/managed-fields.js';
import { type JsonObject, listAt, numberAt, stringAt } from '../json.js';
import type { DeleteOptions, Propagation } from '../registry/delete-object.js';
import type { WriteOptions } from '../registry/write-options.js';
import type { Exchange } from './exchange.js';

/** The options of a create, update or patch from the query. */
export function writeOptions(exchange: Exchange): WriteOptions {
  const { query, warn } = exchange;
  return {
    dryRun: isDryRun(query.getAll('dryRun')),
    fieldManager: query.get('fieldManager') ?? defaultManager(exchange.header('user-agent')),
    fieldValidation: fieldValidation(query.get('fieldValidation') ?? ''),
    warn,
  };
}

function isDryRun(values: readonly string[]): boolean {
  const wrong = values.find((value) => value !== 'All' && value !== '');
  if (wrong === undefined) return values.includes('All');
  throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`);
}

function fieldValidation(value: string): WriteOptions['fieldValidation'] {
  switch (value) {
    case 'Strict':
    case 'Ignore':
    case 'Warn':
      return value;
    case '':
      return 'Warn';
    default:
      throw badRequest(
        `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
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
    dryRun: isDryRun([...dryRun, ...query.getAll('dryRun')]),
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
  throw badRequest(
    `propagationPolicy: Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan"`,
  );
}

/** True if the query asks for a watch: any value but `0` and `false`. */
export function asksForWatch(query: URLSearchParams): boolean {
  const watch = query.get('watch');
  return watch !== null && watch !== '0' && watch.toLowerCase() !== 'false';
}
