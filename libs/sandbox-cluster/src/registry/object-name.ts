import { randomInt } from 'node:crypto';
import { invalidValue, required, type StatusCause } from '../api-status.js';
import type { JsonObject } from '../json.js';
import { objectAt, stringAt, stringsAt } from '../json.js';
import type { ResourceType } from './resource-type.js';

const rules = {
  subdomain: {
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    maxLength: 253,
    detail:
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  },
  label: {
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    maxLength: 63,
    detail:
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  },
};

const qualifiedName =
  /^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const qualifiedNameDetail =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const labelValueDetail =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const maxAnnotationBytes = 256 * 1024;

/** What is wrong with the name, labels and annotations of an object. */
export function metadataCauses(type: ResourceType, object: JsonObject): readonly StatusCause[] {
  const metadata = objectAt(object, 'metadata');
  return [
    ...nameCauses(type, metadata),
    ...labelCauses(stringsAt(metadata, 'labels')),
    ...annotationCauses(stringsAt(metadata, 'annotations')),
  ];
}

function nameCauses(type: ResourceType, metadata: JsonObject): readonly StatusCause[] {
  const name = stringAt(metadata, 'name') ?? '';
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  const { pattern, maxLength, detail } = rules[type.nameRule];
  const wrong = type.nameRule === 'label' && name.includes('.') ? 'must not contain dots' : detail;
  return [
    ...(name.length > maxLength
      ? [invalidValue('metadata.name', name, `must be no more than ${maxLength} characters`)]
      : []),
    ...(pattern.test(name) ? [] : [invalidValue('metadata.name', name, wrong)]),
  ];
}

function labelCauses(labels: Readonly<Record<string, string>>): readonly StatusCause[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(qualifiedName.test(key) ? [] : [invalidValue('metadata.labels', key, qualifiedNameDetail)]),
    ...(value.length > 63
      ? [invalidValue('metadata.labels', value, 'must be no more than 63 bytes')]
      : []),
    ...(value.length <= 63 && !labelValue.test(value)
      ? [invalidValue('metadata.labels', value, labelValueDetail)]
      : []),
  ]);
}

function annotationCauses(annotations: Readonly<Record<string, string>>): readonly StatusCause[] {
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return [
    ...Object.keys(annotations)
      .filter((key) => !qualifiedName.test(key.toLowerCase()))
      .map((key) =>
        invalidValue(
          'metadata.annotations',
          key,
          key.startsWith('/') ? 'prefix part must be non-empty' : qualifiedNameDetail,
        ),
      ),
    ...(bytes > maxAnnotationBytes
      ? [
          {
            reason: 'FieldValueTooLong',
            message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
            field: 'metadata.annotations',
          },
        ]
      : []),
  ];
}

/** Without vowels and the digits that look like them, so that no word comes out. */
export const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const maxGeneratedBase = 63 - suffixLength;

/** A name for `generateName`: the base, shortened if need be, and five random characters. */
export function generatedName(base: string): string {
  const suffix = Array.from({ length: suffixLength }, () =>
    nameAlphabet.charAt(randomInt(nameAlphabet.length)),
  );
  return `${base.slice(0, maxGeneratedBase)}${suffix.join('')}`;
}
