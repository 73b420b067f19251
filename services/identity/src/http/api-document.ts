import { z } from 'zod';
import {
  AccessRequestInput,
  AgentSwitchInput,
  AnswerInput,
  ExtensionInput,
  DisabledAgentsView,
  AccessRequestView,
  DrawbridgeDiscovery,
  Explanation,
  Principal,
  Problem,
  TrustStatus,
} from '@drawbridge/contracts';
import { authenticatedErrors, type Operation, type SchemaName, type Success } from './operation.js';
import { operations } from './operations.js';
import { AccessRequestList, EndedRun } from './schemas.js';

const ref = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
const problemContent = { 'application/problem+json': { schema: ref('Problem') } };

const headers = {
  Location: { description: 'Path of the access request', schema: { type: 'string' } },
  ETag: { description: 'For `If-None-Match`', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds after which to try again', schema: { type: 'integer' } },
};

/** The OpenAPI 3.1 document of the ingress: its routes with the schemas that the code validates by. */
export function apiDocument(server: string): object {
  return {
    openapi: '3.1.1',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Drawbridge ingress',
      version: 'v1',
      description: 'Where agents ask for access and follow what becomes of it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: server }],
    paths: paths(),
    components: {
      schemas: schemas(),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

/** What comes in may leave out what has a default; what goes out has everything. */
function schemas(): Record<SchemaName, object> {
  const incoming = z.registry<{ id: string }>();
  incoming.add(AccessRequestInput, { id: 'AccessRequestInput' });
  incoming.add(AgentSwitchInput, { id: 'AgentSwitchInput' });
  incoming.add(AnswerInput, { id: 'AnswerInput' });
  incoming.add(ExtensionInput, { id: 'ExtensionInput' });
  const outgoing = z.registry<{ id: string }>();
  outgoing.add(AccessRequestView, { id: 'AccessRequestView' });
  outgoing.add(AccessRequestList, { id: 'AccessRequestList' });
  outgoing.add(DisabledAgentsView, { id: 'DisabledAgentsView' });
  outgoing.add(EndedRun, { id: 'EndedRun' });
  outgoing.add(Explanation, { id: 'Explanation' });
  outgoing.add(Principal, { id: 'Principal' });
  outgoing.add(TrustStatus, { id: 'TrustStatus' });
  outgoing.add(DrawbridgeDiscovery, { id: 'DrawbridgeDiscovery' });
  outgoing.add(Problem, { id: 'Problem' });
  const uri = (id: string) => `#/components/schemas/${id}`;
  return {
    ...z.toJSONSchema(incoming, { io: 'input', uri }).schemas,
    ...z.toJSONSchema(outgoing, { io: 'output', uri }).schemas,
  } as Record<SchemaName, object>;
}

function paths(): Record<string, Record<string, object>> {
  const byPath: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    byPath[operation.path] = { ...byPath[operation.path], [operation.method]: describe(operation) };
  }
  return byPath;
}

function describe(operation: Operation): object {
  const { id, summary, authenticated, parameters, body } = operation;
  return {
    operationId: id,
    summary,
    security: authenticated ? [{ bearer: [] }] : [],
    ...(parameters === undefined ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: ref(body) } } },
        }),
    responses: {
      ...Object.fromEntries(operation.successes.map((one) => [one.status, success(one)])),
      ...errorResponses(operation),
    },
  };
}

function success(answer: Success): object {
  const { status, description, schema, headers: names = [], events = false } = answer;
  const json = { 'application/json': { schema: schema === undefined ? {} : ref(schema) } };
  const stream = { 'text/event-stream': { schema: { type: 'string' } } };
  const hasContent = status >= 200 && status <= 202;
  return {
    description,
    ...(names.length === 0
      ? {}
      : { headers: Object.fromEntries(names.map((name) => [name, headers[name]])) }),
    ...(hasContent ? { content: events ? { ...json, ...stream } : json } : {}),
  };
}

/** Error codes by status: the route's own, those of every route with a token, and our own failures. */
function errorCodes({ authenticated, errors }: Operation): Record<string, string[]> {
  const all: Record<string, string[]> = { 500: ['internal_error'] };
  for (const table of [errors, authenticated ? authenticatedErrors : {}]) {
    for (const [status, codes] of Object.entries(table)) {
      all[status] = [...(all[status] ?? []), ...codes];
    }
  }
  return all;
}

function errorResponses(operation: Operation): Record<string, object> {
  return Object.fromEntries(
    Object.entries(errorCodes(operation)).map(([status, codes]) => [
      status,
      {
        description: `Refused with one of the codes ${codes.join(', ')}`,
        'x-codes': codes,
        ...(status === '429' || status === '503'
          ? { headers: { 'Retry-After': headers['Retry-After'] } }
          : {}),
        content: problemContent,
      },
    ]),
  );
}
