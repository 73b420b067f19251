import { badRequest } from '../api-status.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceType } from './resource-type.js';

/** One requirement of a field selector. */
export interface FieldRequirement {
  readonly field: string;
  readonly equals: boolean;
  readonly value: string;
}

/**
 * Parses `?fieldSelector=` for a type: `metadata.name=db,status.phase!=Running`.
 *
 * @throws {@link ApiStatus} 400 for a text that is no selector, or a field the type cannot select by.
 */
export function parseFieldSelector(type: ResourceType, text: string): readonly FieldRequirement[] {
  return text
    .split(/(?<!\\),/)
    .filter((part) => part !== '')
    .map((part) => {
      const [, field, sign, value] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
      if (field === undefined || value === undefined) {
        throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      }
      if (valueOf(type, field) === undefined) {
        throw badRequest(unknownField(type, field));
      }
      return { field, equals: sign !== '!=', value: value.replaceAll(/\\([,=\\])/g, '$1') };
    });
}

/** True if the object meets every requirement. */
export function matchesFields(
  type: ResourceType,
  requirements: readonly FieldRequirement[],
  object: KubeObject,
): boolean {
  return requirements.every(
    ({ field, equals, value }) => (valueOf(type, field)?.(object) === value) === equals,
  );
}

function valueOf(type: ResourceType, field: string): ((object: KubeObject) => string) | undefined {
  if (field === 'metadata.name') return (object) => object.metadata.name;
  if (field === 'metadata.namespace') return (object) => object.metadata.namespace ?? '';
  return Object.hasOwn(type.selectableFields, field) ? type.selectableFields[field] : undefined;
}

/** A type that selects by more than its name says it in other words. */
function unknownField(type: ResourceType, field: string): string {
  if (Object.keys(type.selectableFields).length > 0) return `field label not supported: ${field}`;
  return `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}
