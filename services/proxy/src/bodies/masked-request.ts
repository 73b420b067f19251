import { parse as parseYaml } from 'yaml';
import type { Masker, MaskTarget } from '@drawbridge/masking';
import { readJson } from '../guard/read-json.js';
import { isRecord } from '../hold/json-at.js';
import { maskedPatch } from './masked-patch.js';
import { protobufObject } from './protobuf-fields.js';

/** The body of a request, as its sender called it. */
export interface SentBody {
  readonly bytes: Buffer;
  /** Media type in lower case, without parameters; `''` counts as JSON, as for the cluster. */
  readonly mediaType: string;
  /** `''` when absent. */
  readonly contentEncoding: string;
}

export interface MaskedRequest {
  readonly bytes: Buffer;
  readonly contentType: string;
}

const JSON_TYPE = 'application/json';
const json = { contentType: JSON_TYPE, contentEncoding: '', isStream: false };
const objects = new Set(['', JSON_TYPE, 'application/merge-patch+json']).add(
  'application/strategic-merge-patch+json',
);
const yaml = new Set(['application/apply-patch+yaml', 'application/yaml']);
/** Reading YAML takes long; what programs send in its place is JSON. So does what is made of protobuf. */
const MAX_YAML_BYTES = 262_144;
const MAX_PROTOBUF_BYTES = 262_144;
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
/** What is made of it: JSON with numbers of fields for their names. Nobody can send it again. */
const FIELDS = 'application/vnd.drawbridge.protobuf-fields+json';

/**
 * What a client has written, as it would be masked if it were an answer: nobody who may read the record sees a value
 * here that is hidden there. YAML is kept as JSON, and protobuf as JSON with numbers for names.
 *
 * @returns `undefined` when nobody can tell what would have to be masked: Secrets, ConfigMaps and types that
 *   are not of Kubernetes itself in protobuf, CBOR, what is compressed or broken
 */
export function maskedRequest(sent: SentBody, by: MaskedBy): MaskedRequest | undefined {
  try {
    return sent.contentEncoding === '' ? masked(sent, by) : undefined;
  } catch {
    // Whatever it is that nobody can read: too deep, too long, odd. It is not kept, and the call goes on.
    return undefined;
  }
}

/** By what, and as what kind of object. */
export interface MaskedBy {
  readonly masker: Masker;
  readonly target: MaskTarget;
}

function masked({ bytes, mediaType }: SentBody, by: MaskedBy): MaskedRequest | undefined {
  if (objects.has(mediaType)) return maskedObject(bytes, mediaType, by);
  if (mediaType === 'application/json-patch+json') {
    const patch = hasOddPlace(bytes, by) ? undefined : maskedPatch(readJson(bytes), by);
    if (patch === undefined) return undefined;
    return { bytes: Buffer.from(JSON.stringify(patch)), contentType: mediaType };
  }
  if (yaml.has(mediaType)) return maskedYaml(bytes, mediaType, by);
  if (mediaType === PROTOBUF) return maskedProtobuf(bytes, by);
  if (mediaType !== 'text/plain') return undefined;
  const mask = by.masker.text();
  return { bytes: whole(mask, bytes), contentType: mediaType };
}

function maskedObject(
  bytes: Buffer,
  mediaType: string,
  { masker, target }: MaskedBy,
): MaskedRequest | undefined {
  const object = isSecret(target) ? readJson(bytes) : {};
  if (hasOddMember(object)) return undefined;
  const contentType = mediaType === '' ? JSON_TYPE : mediaType;
  return { bytes: whole(masker.body(target, json), bytes), contentType };
}

function maskedYaml(bytes: Buffer, mediaType: string, by: MaskedBy): MaskedRequest | undefined {
  if (readJson(bytes) !== undefined) return maskedObject(bytes, mediaType, by);
  if (bytes.length > MAX_YAML_BYTES) return undefined;
  const object: unknown = parseYaml(bytes.toString('utf8'), { version: '1.1', logLevel: 'error' });
  return maskedObject(Buffer.from(JSON.stringify(object)), JSON_TYPE, by);
}

/** Where values are secrets by their place, which numbers do not tell: neither by the call nor by what it says it is. */
const valued = /^(?:secret|configmap|token(?:review|request)?)s?(?:list)?$/i;
/** Of Kubernetes itself: types of others may hide a field by its name. */
const ownGroup = /^(?:[a-z]*|[a-z0-9.-]+\.k8s\.io)$/;
const noType = { apiGroup: '', resource: '', subresource: '' };

const groupOf = (apiVersion: string): string => apiVersion.split('/').slice(0, -1).join('/');

function maskedProtobuf(bytes: Buffer, { masker, target }: MaskedBy): MaskedRequest | undefined {
  const { apiGroup, resource, subresource } = target;
  if (bytes.length > MAX_PROTOBUF_BYTES) return undefined;
  const object = protobufObject(bytes);
  if (![apiGroup, groupOf(object.apiVersion)].every((group) => ownGroup.test(group)))
    return undefined;
  if ([resource, subresource, object.kind].some((name) => valued.test(name))) return undefined;
  // A type leaves alone what stands in its fields, which have no names here.
  const text = Buffer.from(JSON.stringify(object));
  return { bytes: whole(masker.body(noType, json), text), contentType: FIELDS };
}

/** What comes out of a masker is good until it gets more. */
function whole(mask: ReturnType<Masker['text']> | ReturnType<Masker['body']>, bytes: Buffer) {
  const first = mask.push(bytes).map((piece) => Buffer.from(piece));
  return Buffer.concat([...first, ...mask.end()]);
}

const isSecret = ({ apiGroup, resource }: MaskTarget): boolean =>
  apiGroup === '' && resource === 'secrets';

/** Members with values of a Secret, in a spelling that masking does not know and somebody might. */
const isOdd = (name: string): boolean =>
  /^(?:string)?data$/i.test(name) && name !== 'data' && name !== 'stringData';

/** What is no object, or has such a member at its top. */
const hasOddMember = (object: unknown): boolean =>
  !isRecord(object) || Object.keys(object).some(isOdd);

function hasOddPlace(bytes: Buffer, { target }: MaskedBy): boolean {
  if (!isSecret(target)) return false;
  const patch = readJson(bytes);
  return !Array.isArray(patch) || patch.some((operation) => isOdd(placeIn(operation)));
}

/** The first name of the place that an operation is about. */
function placeIn(operation: unknown): string {
  const path = isRecord(operation) ? operation['path'] : undefined;
  return typeof path === 'string' ? (path.split('/')[1] ?? '') : '';
}
