import type { AuditCommand } from '@drawbridge/contracts';
import { isObject, parseJson, type JsonObject } from '../json.js';
import type { RecordedBodies, RecordedBody } from '../recorded-body.js';

/** A call of a session with what is kept of its bodies. */
export interface RecordedCall {
  readonly command: AuditCommand;
  readonly bodies: RecordedBodies;
}

/** Which object, or which collection when `name` is `''`. */
export interface ObjectRef {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** `''` for what is in no namespace, and for lists over all of them. */
  readonly namespace: string;
  readonly name: string;
}

/** What a call is on; its subresource left out. */
export const refOf = ({
  apiGroup,
  apiVersion,
  resource,
  namespace,
  name,
}: AuditCommand): ObjectRef =>
  // A namespace is recorded as being in itself.
  ({
    ...{ group: apiGroup, version: apiVersion, resource, name },
    namespace: apiGroup === '' && resource === 'namespaces' ? '' : namespace,
  });

export const keyOf = ({ group, version, resource, namespace, name }: ObjectRef): string =>
  [group, version, resource, namespace, name].join('/');

/** The JSON object of a body; `undefined` when there is none, or not all of it. */
export function objectOf(body: RecordedBody | undefined): JsonObject | undefined {
  if (body?.text === undefined || body.cut !== undefined) return undefined;
  const value = parseJson(body.text);
  return isObject(value) ? value : undefined;
}

export const isSuccess = ({ statusCode = 0 }: AuditCommand): boolean =>
  statusCode >= 200 && statusCode < 300;
