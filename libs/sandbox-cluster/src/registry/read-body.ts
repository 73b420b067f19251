import { badRequest } from '../api-status.js';
import type { JsonObject } from '../json.js';
import { stringAt } from '../json.js';
import { type Decoded, decode, UnmarshalError } from '../openapi/decode.js';
import type { GroupVersionKind, Schemas } from '../openapi/schema.js';
import type { WriteOptions } from './write-options.js';

/**
 * Reads a body as `kind`, with the field validation the client asked for.
 *
 * @throws {@link ApiStatus} 400 when it is of another kind, has a member of the wrong type or, with
 *   `Strict`, a member the kind does not have.
 */
export function readAs(
  schemas: Schemas,
  kind: GroupVersionKind,
  {
    body,
    options,
  }: {
    readonly body: JsonObject;
    readonly options: Pick<WriteOptions, 'fieldValidation' | 'warn'>;
  },
): JsonObject {
  checkKind(kind, body);
  const { object, unknownFields } = decoded(schemas, kind, body);
  if (unknownFields.length > 0) {
    const complaints = unknownFields.map((field) => `unknown field "${field}"`);
    if (options.fieldValidation === 'Strict') {
      throw badRequest(
        `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${complaints.join(', ')}`,
      );
    }
    if (options.fieldValidation === 'Warn') complaints.forEach(options.warn);
  }
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), ...object };
}

function decoded(schemas: Schemas, kind: GroupVersionKind, body: JsonObject): Decoded {
  try {
    return decode(schemas, kind, body);
  } catch (error) {
    if (error instanceof UnmarshalError) throw unreadable(kind, kind.version, error.message);
    throw error;
  }
}

function unreadable({ kind }: GroupVersionKind, version: string, why: string) {
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

/** `v1`, or `apps/v1`. */
function apiVersionOf({ group, version }: GroupVersionKind): string {
  return group === '' ? version : `${group}/${version}`;
}

function checkKind(expected: GroupVersionKind, body: JsonObject): void {
  const kind = stringAt(body, 'kind') ?? '';
  const apiVersion = stringAt(body, 'apiVersion') ?? '';
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  if (kind !== '' && kind !== expected.kind) {
    throw badRequest(
      `${kind} in version "${apiVersion}" cannot be handled as a ${expected.kind}: converting (${version}.${kind}) to (${familyOf(expected)}.${expected.kind}): unknown conversion`,
    );
  }
  if (apiVersion !== '' && apiVersion !== apiVersionOf(expected)) {
    const why = `no kind "${expected.kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
    throw unreadable(expected, version, why);
  }
}

/** What the API server calls a group inside: `core`, `apps`, `coordination`. */
function familyOf({ group }: GroupVersionKind): string {
  return group === '' ? 'core' : group.replace(/\..*$/, '');
}
