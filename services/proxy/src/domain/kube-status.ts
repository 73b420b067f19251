/** What a refusal tells a Kubernetes client. */
export interface StatusInput {
  readonly statusCode: number;
  /** Stable code, e.g. `not_in_scope`. */
  readonly code: string;
  readonly message: string;
  /** Id of the command, under which it stands in the audit record. */
  readonly commandId: string;
  /** After which the same call may be made again; clients of Kubernetes do so by themselves. */
  readonly retryAfterSeconds?: number | undefined;
  /** The hold that the call waits for. */
  readonly holdId?: string | undefined;
}

/** `metav1.Status`: the one error document that kubectl and every client library print. */
export interface KubeStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly details: {
    readonly uid: string;
    readonly causes: readonly { readonly reason: string; readonly message: string }[];
    readonly retryAfterSeconds?: number;
  };
  readonly code: number;
}

/** `metav1.StatusReason` by HTTP status, as clients test for them. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  408: 'Timeout',
  // As the apiserver for a continue token that is too old: clients list from the start.
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  // Of an Invalid kubectl prints the causes only, and not the code.
  422: 'BadRequest',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/**
 * A refusal as Kubernetes clients read it. The message names us and the code, so that nobody looks for the
 * fault in the cluster; the code also stands alone in `details.causes[0].reason` for programs.
 */
export function kubeStatus(input: StatusInput): KubeStatus {
  const { statusCode, code, message, commandId, retryAfterSeconds, holdId } = input;
  const hold = holdId === undefined ? [] : [{ reason: 'hold_id', message: holdId }];
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `drawbridge ${code}: ${message}`,
    reason: reasons[statusCode] ?? 'BadRequest',
    details: {
      uid: commandId,
      causes: [{ reason: code, message }, ...hold],
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    },
    code: statusCode,
  };
}
