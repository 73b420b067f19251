import { parse, YAMLParseError } from 'yaml';
import { badRequest, tooLarge, unsupportedMediaType } from '../api-status.js';
import { isObject, type Json, type JsonObject } from '../json.js';
import { protobufMessages } from '../openapi/protobuf-messages.js';
import { kubernetesSchemas } from '../openapi/schema.js';
import type { Exchange } from './exchange.js';
import { decodeProtobuf } from './protobuf-body.js';

/** As large as the API server lets a body be. */
const maxBodyBytes = 3 * 1024 * 1024;

/** The media type of the body without parameters; JSON unless the client says otherwise. */
export function contentType(exchange: Exchange): string {
  const header = exchange.header('content-type') ?? '';
  const type = (header.split(';')[0] ?? '').trim().toLowerCase();
  return type === '' ? 'application/json' : type;
}

/**
 * Reads the body of a create, update or delete.
 *
 * @returns `undefined` for an empty body.
 * @throws {@link ApiStatus} 400, 413, 415.
 */
export async function readObjectBody(exchange: Exchange): Promise<JsonObject | undefined> {
  const bytes = await readBytes(exchange);
  if (bytes.length === 0) return undefined;
  const type = contentType(exchange);
  if (type === 'application/vnd.kubernetes.protobuf') {
    return decodeProtobuf({ messages: protobufMessages(), schemas: kubernetesSchemas() }, bytes);
  }
  const value = parseText(type, bytes);
  if (isObject(value)) return value;
  throw badRequest(`the body of the request is not an object`);
}

/** Reads the body of a PATCH: JSON, and YAML for server-side apply. */
export async function readPatchBody(exchange: Exchange): Promise<Json> {
  const bytes = await readBytes(exchange);
  const text = bytes.toString('utf8');
  if (contentType(exchange) === 'application/apply-patch+yaml') return parseYaml(text);
  return parseJson(text, 'error decoding patch');
}

async function readBytes({ request }: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > maxBodyBytes) throw tooLarge(maxBodyBytes);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function parseText(type: string, bytes: Buffer): Json {
  const text = bytes.toString('utf8');
  if (type === 'application/json') {
    return parseJson(text, "the object provided is unrecognized: couldn't get version/kind");
  }
  if (type === 'application/yaml') return parseYaml(text);
  throw unsupportedMediaType();
}

function parseJson(text: string, complaint: string): Json {
  try {
    // JSON.parse yields nothing but JSON values.
    return JSON.parse(text) as Json;
  } catch {
    throw badRequest(`${complaint}: the body is not JSON`);
  }
}

function parseYaml(text: string): Json {
  try {
    // The core schema of YAML 1.2 yields nothing but JSON values.
    return parse(text, { schema: 'core' }) as Json;
  } catch (error) {
    const why = error instanceof YAMLParseError ? error.message.split('\n')[0] : 'not YAML';
    throw badRequest(`error converting YAML to JSON: ${why ?? ''}`);
  }
}
