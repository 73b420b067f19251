import { AppError } from '@drawbridge/kernel';

/** What is wrong with a request before any service looks at its meaning. */
export type RequestRefusal =
  | 'body_malformed'
  | 'body_invalid'
  | 'body_too_large'
  | 'content_type_unsupported'
  | 'query_invalid'
  | 'path_invalid'
  | 'request_malformed'
  | 'too_many_requests'
  | 'route_unknown'
  | 'method_not_allowed';

export interface FieldError {
  /** JSON pointer into the body (`/scope/rules/0`), `query.<name>` or `path.<name>`. */
  readonly field: string;
  readonly message: string;
}

export class RequestRefused extends AppError<RequestRefusal> {
  constructor(
    code: RequestRefusal,
    message: string,
    readonly errors: readonly FieldError[] = [],
  ) {
    super(code, message);
  }
}

export const requestStatus: Readonly<Record<RequestRefusal, number>> = {
  body_malformed: 400,
  body_invalid: 400,
  body_too_large: 413,
  content_type_unsupported: 415,
  query_invalid: 400,
  path_invalid: 400,
  request_malformed: 400,
  too_many_requests: 429,
  route_unknown: 404,
  method_not_allowed: 405,
};
