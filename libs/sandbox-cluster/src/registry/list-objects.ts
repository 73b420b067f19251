import { badRequest, expired } from '../api-status.js';
import type { KubeObject } from '../kube-object.js';
import { type FieldRequirement, matchesFields, parseFieldSelector } from './field-selector.js';
import { type LabelRequirement, matchesLabels, parseLabelSelector } from './label-selector.js';
import type { Registry } from './registry.js';
import type { ResourceType } from './resource-type.js';

/** Which objects of a type: by place and by selectors. */
export interface Selection {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly labels: readonly LabelRequirement[];
  readonly fields: readonly FieldRequirement[];
}

/** Reads the selectors of a request. */
export function parseSelection(
  type: ResourceType,
  namespace: string | undefined,
  query: URLSearchParams,
): Selection {
  return {
    type,
    namespace,
    labels: parseLabelSelector(query.get('labelSelector') ?? ''),
    fields: parseFieldSelector(type, query.get('fieldSelector') ?? ''),
  };
}

/** True if the object is one of the selected. */
export function isSelected(selection: Selection, object: KubeObject): boolean {
  return (
    (selection.namespace === undefined || object.metadata.namespace === selection.namespace) &&
    matchesLabels(selection.labels, object.metadata.labels) &&
    matchesFields(selection.type, selection.fields, object)
  );
}

/** One page of a list. */
export interface Page {
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: number;
  readonly continueToken?: string;
  readonly remaining?: number;
}

/** Which page, and of which version. */
export interface PageRequest {
  /** 0 for all. */
  readonly limit: number;
  readonly continueToken: string;
  /** Empty or `0` for the present. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
}

/** Reads the paging part of a request. */
export function parsePageRequest(query: URLSearchParams): PageRequest {
  const text = query.get('limit') ?? '0';
  if (!/^[-+]?\d+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  // A negative limit is none, as in the API server.
  const limit = Math.max(0, Number(text));
  return {
    limit,
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
  };
}

/**
 * Lists one page. Every page of a list shows the objects as they were when the first one was read.
 *
 * @throws {@link ApiStatus} 400 for a broken token, 410 when that past is forgotten; its status carries a
 *   token that goes on with the present state.
 */
export function listObjects({ store }: Registry, selection: Selection, request: PageRequest): Page {
  const from = request.continueToken === '' ? undefined : parseToken(request.continueToken);
  const version = from?.version ?? exactVersion(request) ?? store.resourceVersion;
  const past = store.listAt(selection.type, selection.namespace, version);
  if (past === undefined) {
    throw expired(
      from === undefined
        ? `The resourceVersion for the provided list is too old.`
        : 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
      from === undefined ? undefined : formatToken({ after: from.after, version: -1 }),
    );
  }
  const rest = past.filter(
    (object) => isSelected(selection, object) && (from === undefined || keyOf(object) > from.after),
  );
  return pageOf(rest, version, request.limit);
}

function pageOf(rest: readonly KubeObject[], version: number, limit: number): Page {
  const objects = limit === 0 ? rest : rest.slice(0, limit);
  const last = objects.at(-1);
  if (last === undefined || objects.length === rest.length) {
    return { objects, resourceVersion: version };
  }
  return {
    objects,
    resourceVersion: version,
    continueToken: formatToken({ after: keyOf(last), version }),
    remaining: rest.length - objects.length,
  };
}

function exactVersion({ resourceVersion, resourceVersionMatch }: PageRequest): number | undefined {
  if (resourceVersionMatch !== 'Exact') return undefined;
  const version = Number(resourceVersion);
  if (Number.isSafeInteger(version) && version > 0) return version;
  throw badRequest(`resourceVersion: Invalid value: "${resourceVersion}"`);
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

interface Position {
  readonly after: string;
  /** The version of the list; -1 goes on with whatever is there now. */
  readonly version: number;
}

function formatToken(position: Position): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...position })).toString('base64url');
}

function parseToken(token: string): { after: string; version: number | undefined } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw badRequest('invalid continue token: continue key is not valid: it is not JSON');
  }
  if (
    typeof value === 'object' &&
    value !== null &&
    'after' in value &&
    'version' in value &&
    typeof value.after === 'string' &&
    typeof value.version === 'number'
  ) {
    return { after: value.after, version: value.version < 0 ? undefined : value.version };
  }
  throw badRequest('invalid continue token: continue key is not valid: it has an unknown form');
}
