import type { Json, JsonObject } from './json.js';

/** One field that made an object invalid. */
export type StatusCause = {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
};

/** What a refusal is about. */
export type StatusDetails = {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
};

/** A resource as refusals name it: `deployments.apps`, or `pods` in the core group. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

interface StatusFailure {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: StatusDetails;
  /** A new `continue` token that goes with an expired one. */
  readonly continueToken?: string;
}

/** A refusal of the API server; becomes a `Status` object on the wire. */
export class ApiStatus extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(private readonly failure: StatusFailure) {
    super(failure.message);
    this.name = 'ApiStatus';
    this.code = failure.code;
    this.reason = failure.reason;
  }

  /** The `Status` object that clients print. */
  toStatus(): JsonObject {
    const { code, reason, message, details, continueToken } = this.failure;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: continueToken === undefined ? {} : { continue: continueToken },
      status: 'Failure',
      message,
      ...(reason === '' ? {} : { reason }),
      ...(details === undefined ? {} : { details: { ...details } }),
      code,
    };
  }
}

/** `deployments.apps "checkout"` */
function qualified({ group, resource }: GroupResource, name: string): string {
  return `${qualifiedResource({ group, resource })} "${name}"`;
}

function qualifiedResource({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function detailsOf({ group, resource }: GroupResource, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(resource === '' ? {} : { kind: resource }),
  };
}

/** 404: no such object. */
export const notFound = (resource: GroupResource, name: string) =>
  new ApiStatus({
    code: 404,
    reason: 'NotFound',
    message: `${qualified(resource, name)} not found`,
    details: detailsOf(resource, name),
  });

/** 404: no such path or resource type. */
export const unknownPath = () =>
  new ApiStatus({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });

/** 409: the name is taken. */
export const alreadyExists = (resource: GroupResource, name: string) =>
  new ApiStatus({
    code: 409,
    reason: 'AlreadyExists',
    message: `${qualified(resource, name)} already exists`,
    details: detailsOf(resource, name),
  });

/** 409: the object changed, or a precondition does not hold. */
export const conflict = (resource: GroupResource, name: string, why: string) =>
  new ApiStatus({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualified(resource, name)}: ${why}`,
    details: detailsOf(resource, name),
  });

/** 409 of server-side apply: other managers own the fields. */
export const applyConflict = (message: string, causes: readonly StatusCause[]) =>
  new ApiStatus({ code: 409, reason: 'Conflict', message, details: { causes } });

/** 403: understood and refused. */
export const forbidden = (
  resource: GroupResource,
  name: string,
  refusal: { readonly why: string; readonly causes?: readonly StatusCause[] },
) =>
  new ApiStatus({
    code: 403,
    reason: 'Forbidden',
    message: `${qualified(resource, name)} is forbidden: ${refusal.why}`,
    details: {
      ...detailsOf(resource, name),
      ...(refusal.causes === undefined ? {} : { causes: refusal.causes }),
    },
  });

/** 422: the object breaks the rules of its kind. `kind` is `Deployment` with its group. */
export function invalid(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): ApiStatus {
  const lines = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`;
  return new ApiStatus({
    code: 422,
    reason: 'Invalid',
    message: `${qualified({ group: kind.group, resource: kind.kind }, name)} is invalid: ${text}`,
    details: { ...detailsOf({ group: kind.group, resource: kind.kind }, name), causes },
  });
}

/** 400: the request cannot be read. */
export const badRequest = (message: string) =>
  new ApiStatus({ code: 400, reason: 'BadRequest', message });

/** 410: the resource version or the continue token is too old. */
export const expired = (message: string, continueToken?: string) =>
  new ApiStatus({
    code: 410,
    reason: 'Expired',
    message,
    ...(continueToken === undefined ? {} : { continueToken }),
  });

/** 405: the path exists, the method does not. */
export const methodNotAllowed = () =>
  new ApiStatus({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });

/** 401: no valid credential. */
export const unauthorized = () =>
  new ApiStatus({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });

/** 413: the body is larger than the server reads. */
export const tooLarge = (limitBytes: number) =>
  new ApiStatus({
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: `Request entity too large: limit is ${limitBytes}`,
  });

/** 415: the body's media type is not understood. */
export const unsupportedMediaType = () =>
  new ApiStatus({
    code: 415,
    reason: 'UnsupportedMediaType',
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  });

/** 415: the patch is of no kind that the server knows. */
export const unknownPatchType = () =>
  new ApiStatus({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  });

/** 500 without a reason, as the API server answers for a few mistakes of the caller that it did not foresee. */
export const unforeseen = (message: string) => new ApiStatus({ code: 500, reason: '', message });

/** 406: none of the accepted media types can be produced. */
export const notAcceptable = (produced: readonly string[]) =>
  new ApiStatus({
    code: 406,
    reason: 'NotAcceptable',
    message: `only the following media types are accepted: ${produced.join(', ')}`,
  });

/** 501: a part of Kubernetes that the sandbox does not imitate. */
export const notImplemented = (what: string) =>
  new ApiStatus({
    code: 501,
    reason: 'NotImplemented',
    message: `the sandbox cluster does not implement ${what}`,
  });

/** 500: the store is full. */
export const storeFull = (limit: number) =>
  new ApiStatus({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: the sandbox cluster holds at most ${limit} objects`,
  });

/** A cause whose value is missing. */
export const required = (field: string, detail?: string): StatusCause => ({
  reason: 'FieldValueRequired',
  message: detail === undefined || detail === '' ? 'Required value' : `Required value: ${detail}`,
  field,
});

/** A cause whose value is wrong; the value is printed as Go prints it. */
export const invalidValue = (field: string, value: Json, detail: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
  field,
});

/** A cause whose value is none of the supported ones. */
export const notSupported = (
  field: string,
  value: string,
  supported: readonly string[],
): StatusCause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((item) => JSON.stringify(item)).join(', ')}`,
  field,
});

/** A cause whose value stands twice in a list that must not hold duplicates. */
export const duplicate = (field: string, value: Json): StatusCause => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${JSON.stringify(value)}`,
  field,
});

/** A cause that may not be set at all. */
export const forbiddenField = (field: string, detail: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${detail}`,
  field,
});
