/** Names of the schemas in `api-document.ts`. */
export type SchemaName =
  | 'AccessRequestInput'
  | 'AnswerInput'
  | 'ExtensionInput'
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
  readonly status: 200 | 201 | 202 | 204 | 304;
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
