import { forbiddenField, invalidValue, type StatusCause } from '../api-status.js';
import {
  equal,
  type JsonObject,
  objectAt,
  stringAt,
  stringsAt,
  withDefaults,
  without,
} from '../json.js';
import { kubeObject, type KubeObject } from '../kube-object.js';
import { resourceType } from '../registry/resource-type.js';
import { configMapColumns, secretColumns } from '../table/core-columns.js';

const dataKey = /^[-._a-zA-Z0-9]+$/;
const keyDetail =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const maxDataBytes = 1024 * 1024;

function keyCauses(object: KubeObject, member: string): readonly StatusCause[] {
  return Object.keys(objectAt(object, member))
    .filter((key) => !dataKey.test(key) || key.length > 253)
    .map((key) => invalidValue(`${member}[${key}]`, key, keyDetail));
}

function sizeCauses(object: KubeObject, bytes: number): readonly StatusCause[] {
  if (bytes <= maxDataBytes) return [];
  const field = object.kind === 'Secret' ? 'data' : '';
  const message = `Too long: may not be more than ${maxDataBytes} bytes`;
  return [{ reason: 'FieldValueTooLong', message, field }];
}

const bytesOf = (values: Readonly<Record<string, string>>): number =>
  Object.values(values).reduce((sum, value) => sum + Buffer.byteLength(value), 0);

/** What an object that says `immutable: true` may still change: its metadata. */
function immutableCauses(next: KubeObject, previous: KubeObject): readonly StatusCause[] {
  if (objectAt(previous)['immutable'] !== true) return [];
  const causes = ['data', 'binaryData']
    .filter((member) => !equal(objectAt(next, member), objectAt(previous, member)))
    .map((member) => forbiddenField(member, 'field is immutable when `immutable` is set'));
  return next['immutable'] === true
    ? causes
    : [...causes, forbiddenField('immutable', 'field is immutable when `immutable` is set')];
}

export const configMaps = resourceType({
  resource: 'configmaps',
  singular: 'configmap',
  kind: 'ConfigMap',
  shortNames: ['cm'],
  columns: configMapColumns,
  validate: (object) => [
    ...keyCauses(object, 'data'),
    ...keyCauses(object, 'binaryData'),
    ...sizeCauses(object, bytesOf(stringsAt(object, 'data'))),
  ],
  validateUpdate: immutableCauses,
});

/** `stringData` is written into `data`; it never comes back. */
function secretDefaults(object: KubeObject): KubeObject {
  const written = stringsAt(object, 'stringData');
  const encoded = Object.entries(written).map(
    ([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')] as const,
  );
  const data: JsonObject = { ...objectAt(object, 'data'), ...Object.fromEntries(encoded) };
  const kept = without(object, 'stringData');
  const filled = Object.keys(data).length === 0 ? kept : { ...kept, data };
  return kubeObject(withDefaults(filled, { type: 'Opaque' }));
}

export const secrets = resourceType({
  resource: 'secrets',
  singular: 'secret',
  kind: 'Secret',
  columns: secretColumns,
  selectableFields: { type: (object) => stringAt(object, 'type') ?? '' },
  defaults: secretDefaults,
  validate: (object) => [
    ...keyCauses(object, 'data'),
    ...sizeCauses(object, (bytesOf(stringsAt(object, 'data')) * 3) / 4),
  ],
  validateUpdate: (next, previous) => [
    ...(next['type'] === previous['type']
      ? []
      : [invalidValue('type', stringAt(next, 'type') ?? '', 'field is immutable')]),
    ...immutableCauses(next, previous),
  ],
});
