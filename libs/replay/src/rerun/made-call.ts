import { isObject, objectAt, parseJson, textAt, type Json } from '../json.js';
import type { RecordedBody } from '../recorded-body.js';
import { objectOf, type RecordedCall } from './recorded-call.js';
import type { MadeCall } from './target.js';
import type { Tokens } from './tokens.js';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const METADATA = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json';
const METADATA_LIST =
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

/** A recorded call as it is sent again: with what the other cluster gave out in place of uids and versions. */
export function madeCall(call: RecordedCall, tokens: Tokens): MadeCall {
  const { command, bodies } = call;
  const query = queryOf(command.query, tokens);
  const body = bodyOf(call, tokens);
  const { contentType = bodies.request?.contentType } = command;
  return {
    method: command.method,
    target: query === '' ? command.path : `${command.path}?${query}`,
    accept: acceptOf(bodies.response),
    ...(body === undefined ? {} : { body, contentType: contentType ?? 'application/json' }),
  };
}

/** The record has no Accept header: the answer shows what was asked for. */
function acceptOf(response: RecordedBody | undefined): string {
  const kind = textAt(objectOf(response), 'kind');
  if (kind === 'Table') return TABLE;
  if (kind === 'PartialObjectMetadata') return METADATA;
  return kind === 'PartialObjectMetadataList' ? METADATA_LIST : 'application/json';
}

function queryOf(query: string, tokens: Tokens): string {
  const parameters = new URLSearchParams(query);
  for (const name of ['continue', 'resourceVersion']) {
    const value = parameters.get(name);
    if (value !== null && value !== '') parameters.set(name, tokens.of(value));
  }
  return parameters.toString();
}

function bodyOf(call: RecordedCall, tokens: Tokens): string | Uint8Array | undefined {
  const { request } = call.bodies;
  if (request?.base64 !== undefined) return Uint8Array.from(Buffer.from(request.base64, 'base64'));
  const { text } = request ?? {};
  if (text === undefined || text === '') return undefined;
  const value = parseJson(text);
  // An apply may be YAML: it goes as it came.
  return value === undefined ? text : JSON.stringify(named(tokens.inBody(value), call));
}

/** The name that was made up then, so that what follows finds it. */
function named(body: Json, { command, bodies }: RecordedCall): Json {
  const metadata = objectAt(body, 'metadata');
  const name = textAt(objectOf(bodies.response), 'metadata', 'name');
  const isMadeUp = command.verb === 'create' && textAt(metadata, 'generateName') !== '';
  if (!isMadeUp || !isObject(body) || name === '' || textAt(metadata, 'name') !== '') return body;
  return { ...body, metadata: { ...metadata, name } };
}
