import { isSecretName } from '@drawbridge/masking';
import { CallRefused } from '../domain/call-refused.js';
import type { ResourceRequest } from '../domain/kube-request.js';

/** Media type of a patch that reads what is there: all others only say what shall be. */
const JSON_PATCH = /^\s*application\/json-patch\b/i;
/** Members in which values stand that are masked, in lower case. */
const masked = new Set(['data', 'stringdata', 'binarydata', 'env', 'value', 'command', 'args']).add(
  'annotations',
);
/** Of `metadata`, what is shown to everybody as it is. */
const shown = new Set(['name', 'namespace', 'labels', 'resourceversion', 'uid', 'generation'])
  .add('finalizers')
  .add('ownerreferences')
  .add('generatename')
  .add('creationtimestamp')
  .add('deletiontimestamp');

export const isJsonPatch = (contentType: string): boolean => JSON_PATCH.test(contentType);

/**
 * Refuses a JSON patch that could tell what is masked: by copying it to where it is not, or by testing whether it is
 * what somebody believes.
 *
 * @throws {@link CallRefused} `masked_value_read`, `malformed_request`
 */
export function refuseMaskedPatch(
  bytes: Uint8Array,
  { apiGroup, resource }: Pick<ResourceRequest, 'apiGroup' | 'resource'>,
): void {
  const hasValues = apiGroup === '' && (resource === 'secrets' || resource === 'configmaps');
  for (const operation of operationsOf(bytes)) {
    const { op, from, path, value } = operation;
    if (op === 'copy' || op === 'move') {
      if (!isShown(from, hasValues)) throw refused(op, from);
    } else if (op === 'test' && (!isShown(path, hasValues) || isDeep(value, path))) {
      throw refused(op, path);
    }
  }
}

interface Operation {
  readonly op: string;
  readonly from: string;
  readonly path: string;
  readonly value: unknown;
}

function operationsOf(bytes: Uint8Array): readonly Operation[] {
  const patch = parsed(bytes);
  if (!Array.isArray(patch)) throw malformed();
  return patch.map((operation: unknown) => ({
    op: textOf(operation, 'op'),
    from: textOf(operation, 'from'),
    path: textOf(operation, 'path'),
    value: valueOf(operation, 'value'),
  }));
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw malformed();
  }
}

function valueOf(operation: unknown, name: string): unknown {
  if (typeof operation !== 'object' || operation === null) throw malformed();
  return Object.hasOwn(operation, name) ? Reflect.get(operation, name) : undefined;
}

function textOf(operation: unknown, name: string): string {
  const value = valueOf(operation, name);
  if (value === undefined) return '';
  if (typeof value !== 'string') throw malformed();
  return value;
}

/** Whether what stands at a path of an object is shown as it is. */
function isShown(pointer: string, hasValues: boolean): boolean {
  const segments = segmentsOf(pointer);
  const [first = '', second = ''] = segments;
  if (first === 'metadata') return shown.has(second);
  // A whole object has everything in it.
  if (first === '' || hasValues) return isType(first);
  return segments.every((name) => !masked.has(name) && !isSecret(name));
}

function isSecret(name: string): boolean {
  const bytes = Buffer.from(name);
  return isSecretName({ bytes, start: 0, end: bytes.length }, 'anywhere');
}

const isType = (name: string): boolean =>
  name === 'type' || name === 'kind' || name === 'apiversion' || name === 'immutable';

/** What is compared with all of something is compared with what is masked in it too. */
const isDeep = (value: unknown, pointer: string): boolean =>
  typeof value === 'object' && value !== null && segmentsOf(pointer)[0] !== 'metadata';

/** Of a JSON pointer, in lower case: Kubernetes reads names of fields in any case. */
const segmentsOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~').toLowerCase());

const refused = (op: string, pointer: string): CallRefused =>
  new CallRefused(
    'masked_value_read',
    `a JSON patch must not "${op}" what stands at ${JSON.stringify(pointer)}: values there are not shown to you`,
  );

const malformed = (): CallRefused =>
  new CallRefused('malformed_request', 'expected a JSON patch: an array of operations');
