/** Names of the schemas in `api-document.ts`. */
export type SchemaName =
  | 'AccessRequestInput'
  | 'AnswerInput'
  | 'EndedRun'
  | 'AgentSwitchInput'
  | 'DisabledAgentsView'
  | 'AccessRequestView'
  | 'AccessRequestList'
  | 'Explanation'
  | 'Principal'
  | 'TrustStatus'
  | 'DrawbridgeDiscovery'
  | 'Problem';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly required?: boolean;
  readonly schema: object;
}

export interface Success {
  readonly status: 200 | 201 | 204 | 304;
  readonly description: string;
  readonly schema?: SchemaName;
  readonly headers?: readonly ('Location' | 'ETag')[];
  /** Also offered as server-sent events. */
  readonly events?: boolean;
}

/** One route of the ingress, as the OpenAPI document describes it and a test compares it with the code. */
export interface Operation {
  readonly id: string;
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly authenticated: boolean;
  readonly parameters?: readonly Parameter[];
  readonly body?: SchemaName;
  readonly successes: readonly Success[];
  /** Error codes by HTTP status, besides those that every authenticated route has. */
  readonly errors: Readonly<Record<number, readonly string[]>>;
}

/** Errors of every route that needs a token. */
export const authenticatedErrors: Operation['errors'] = {
  401: [
    'token_missing',
    'token_malformed',
    'token_in_query',
    'token_too_large',
    'token_type_refused',
    'token_algorithm_refused',
    'token_issuer_unknown',
    'token_key_unknown',
    'token_signature_invalid',
    'token_audience_wrong',
    'token_party_wrong',
    'token_expired',
    'token_not_yet_valid',
    'token_too_old',
  ],
  403: ['token_claims_invalid', 'token_subject_disabled'],
  429: ['too_many_requests'],
};

const id: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'Id of the access request',
  schema: { type: 'string', format: 'uuid' },
};
const query = (name: string, description: string, schema: object): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});
const header = (name: string, description: string, schema: object): Parameter => ({
  name,
  in: 'header',
  description,
  schema,
});
const text = { type: 'string' };

export const operations: readonly Operation[] = [
  {
    id: 'submitAccessRequest',
    method: 'post',
    path: '/v1/access-requests',
    summary: 'Ask for access',
    authenticated: true,
    parameters: [
      header(
        'Idempotency-Key',
        'A name of your own for this request, kept for ever: the same key with the same request changes nothing',
        { type: 'string', pattern: '^[A-Za-z0-9._:/+=@-]{1,128}$' },
      ),
    ],
    body: 'AccessRequestInput',
    successes: [
      {
        status: 201,
        description: 'The request is recorded; follow it at `Location`',
        schema: 'AccessRequestView',
        headers: ['Location', 'ETag'],
      },
      {
        status: 200,
        description: 'This very request was made before with the same Idempotency-Key',
        schema: 'AccessRequestView',
        headers: ['Location', 'ETag'],
      },
    ],
    errors: {
      400: ['body_malformed', 'body_invalid', 'idempotency_key_invalid'],
      409: ['identical_request_open', 'append_conflict'],
      413: ['body_too_large'],
      415: ['content_type_unsupported'],
      422: ['idempotency_key_reused'],
      429: ['too_many_open_requests'],
      503: ['access_requests_unavailable', 'event_store_unavailable'],
    },
  },
  {
    id: 'listAccessRequests',
    method: 'get',
    path: '/v1/access-requests',
    summary: 'List your own access requests, newest first',
    authenticated: true,
    parameters: [
      query('status', 'Only requests with this status', {
        $ref: '#/components/schemas/AccessRequestView/properties/status',
      }),
      query('limit', 'Requests on one page', {
        type: 'integer',
        minimum: 1,
        maximum: 100,
        default: 50,
      }),
      query('after', '`next` of the page before', text),
    ],
    successes: [{ status: 200, description: 'One page', schema: 'AccessRequestList' }],
    errors: { 400: ['query_invalid'], 503: ['access_requests_unavailable'] },
  },
  {
    id: 'findAccessRequest',
    method: 'get',
    path: '/v1/access-requests/{id}',
    summary: 'Read or follow an access request',
    authenticated: true,
    parameters: [
      id,
      query(
        'wait',
        'Answer when the request has changed, or after this many seconds (at most 60)',
        {
          type: 'string',
          pattern: '^\\d{1,3}s?$',
        },
      ),
      query('after', 'The revision you know; default: `If-None-Match`, or the present one', {
        type: 'integer',
        minimum: 0,
      }),
      header('If-None-Match', '`ETag` of the view you know', text),
      header('Last-Event-ID', 'For server-sent events: the revision you know', text),
    ],
    successes: [
      {
        status: 200,
        description: 'The request as it stands, or its changes as server-sent events',
        schema: 'AccessRequestView',
        headers: ['ETag'],
        events: true,
      },
      { status: 204, description: 'Server-sent events only: nothing will follow any more' },
      { status: 304, description: 'The view is the one you know', headers: ['ETag'] },
    ],
    errors: {
      400: ['path_invalid', 'query_invalid', 'request_malformed'],
      404: ['access_request_unknown'],
      429: ['too_many_waiters'],
      503: ['access_requests_unavailable', 'event_store_unavailable'],
    },
  },
  {
    id: 'explainAccessRequest',
    method: 'post',
    path: '/v1/access-requests/explain',
    summary: 'Hear what would become of an access request, without making it',
    authenticated: true,
    body: 'AccessRequestInput',
    successes: [{ status: 200, description: 'What policy would say now', schema: 'Explanation' }],
    errors: {
      400: ['body_malformed', 'body_invalid'],
      413: ['body_too_large'],
      415: ['content_type_unsupported'],
      503: ['policy_unavailable'],
    },
  },
  {
    id: 'answerQuestion',
    method: 'post',
    path: '/v1/access-requests/{id}/answers',
    summary: 'Answer what an approver asked about your access request',
    authenticated: true,
    parameters: [id],
    body: 'AnswerInput',
    successes: [
      {
        status: 200,
        description: 'It is answered, now or since earlier',
        schema: 'AccessRequestView',
        headers: ['ETag'],
      },
    ],
    errors: {
      400: ['path_invalid', 'request_malformed', 'body_malformed', 'body_invalid'],
      403: ['answer_not_allowed'],
      404: ['access_request_unknown', 'question_unknown'],
      409: ['question_answered', 'access_request_final', 'append_conflict'],
      413: ['body_too_large'],
      415: ['content_type_unsupported'],
      503: ['access_requests_unavailable', 'event_store_unavailable'],
    },
  },
  {
    id: 'withdrawAccessRequest',
    method: 'delete',
    path: '/v1/access-requests/{id}',
    summary: 'Withdraw your access request, and give its grant back',
    authenticated: true,
    parameters: [id],
    successes: [
      {
        status: 200,
        description: 'It is withdrawn, now or since earlier',
        schema: 'AccessRequestView',
        headers: ['ETag'],
      },
    ],
    errors: {
      400: ['path_invalid', 'request_malformed'],
      403: ['withdrawal_not_allowed'],
      404: ['access_request_unknown'],
      409: ['access_request_final', 'append_conflict'],
      503: ['access_requests_unavailable', 'event_store_unavailable'],
    },
  },
  {
    id: 'endRun',
    method: 'post',
    path: '/v1/runs/{runId}/end',
    summary: 'Withdraw what you asked for in this run of yours, and give its grants back',
    authenticated: true,
    parameters: [
      {
        name: 'runId',
        in: 'path',
        required: true,
        description: '`runId` of the requests',
        schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@+=-]{0,127}$' },
      },
    ],
    successes: [
      {
        status: 200,
        description: 'What was open has ended, now or since earlier',
        schema: 'EndedRun',
      },
    ],
    errors: {
      400: ['path_invalid', 'request_malformed'],
      409: ['append_conflict'],
      503: ['access_requests_unavailable', 'event_store_unavailable'],
    },
  },
  {
    id: 'disableAgent',
    method: 'post',
    path: '/v1/agents/disable',
    summary: 'Refuse every token of an agent from now on, and end its grants; for administrators',
    authenticated: true,
    body: 'AgentSwitchInput',
    successes: [{ status: 200, description: 'Who is disabled now', schema: 'DisabledAgentsView' }],
    errors: {
      400: ['body_malformed', 'body_invalid'],
      403: ['admins_only'],
      409: ['too_many_disabled_agents', 'append_conflict'],
      413: ['body_too_large'],
      415: ['content_type_unsupported'],
      422: ['agent_issuer_unknown'],
      503: ['event_store_unavailable'],
    },
  },
  {
    id: 'enableAgent',
    method: 'post',
    path: '/v1/agents/enable',
    summary: 'Believe the tokens of an agent again; for administrators',
    authenticated: true,
    body: 'AgentSwitchInput',
    successes: [{ status: 200, description: 'Who is disabled now', schema: 'DisabledAgentsView' }],
    errors: {
      400: ['body_malformed', 'body_invalid'],
      403: ['admins_only'],
      409: ['append_conflict'],
      413: ['body_too_large'],
      415: ['content_type_unsupported'],
      503: ['event_store_unavailable'],
    },
  },
  {
    id: 'listDisabledAgents',
    method: 'get',
    path: '/v1/agents/disabled',
    summary: 'List the agents that are disabled; for administrators',
    authenticated: true,
    successes: [{ status: 200, description: 'Who is disabled now', schema: 'DisabledAgentsView' }],
    errors: { 403: ['admins_only'] },
  },
  {
    id: 'me',
    method: 'get',
    path: '/v1/me',
    summary: 'Who you are, as your token says',
    authenticated: true,
    successes: [{ status: 200, description: 'You', schema: 'Principal' }],
    errors: {},
  },
  {
    id: 'trustStatus',
    method: 'get',
    path: '/v1/trust',
    summary: 'Which issuers are trusted, and what is wrong with them; for humans of a reader group',
    authenticated: true,
    successes: [{ status: 200, description: 'The state of trust', schema: 'TrustStatus' }],
    errors: { 403: ['readers_only'] },
  },
  {
    id: 'discover',
    method: 'get',
    path: '/.well-known/drawbridge',
    summary: 'Where the parts of this Drawbridge are, and where to log in',
    authenticated: false,
    successes: [{ status: 200, description: 'Addresses', schema: 'DrawbridgeDiscovery' }],
    errors: { 503: ['discovery_unavailable'] },
  },
  {
    id: 'describeApi',
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    authenticated: false,
    successes: [{ status: 200, description: 'An OpenAPI 3.1 document' }],
    errors: {},
  },
];
