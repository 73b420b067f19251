import type { StatusCause } from '../api-status.js';
import type { JsonObject } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import type { Column } from '../table/column.js';

/** The Kubernetes verbs that every stored resource has. */
export const storedVerbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

/** A subresource as discovery lists it. */
export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

/**
 * One kind the sandbox serves, with the rules of its own.
 *
 * Every function is pure: it takes an object and returns another one, or the causes that make it invalid.
 */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  /** Plural lower-case name, as in the path. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
  readonly columns: readonly Column[];
  /** True for kinds whose `spec` changes are counted in `metadata.generation`. */
  readonly countsGenerations: boolean;
  /** True for kinds whose `status` only `/status` and the controllers may write. */
  readonly hasStatus: boolean;
  /** True for kinds of which DELETE returns the object and not a `Status`. */
  readonly returnsDeleted: boolean;
  /** Known by a definition only, not by this code: it has no strategic merge, and elements of its lists say their kind. */
  readonly isCustom: boolean;
  /** Where `/scale` finds the label selector, as text; absent: in `spec.selector`. */
  readonly selectorPath?: readonly string[];
  /** Which names are allowed. */
  readonly nameRule: 'subdomain' | 'label';
  /** Field selectors beyond `metadata.name` and `metadata.namespace`. */
  readonly selectableFields: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Fills in what the server fills in, on every write. */
  readonly defaults: (object: KubeObject) => KubeObject;
  /** The status of a new object. */
  readonly initialStatus: JsonObject | undefined;
  readonly validate: (object: KubeObject) => readonly StatusCause[];
  /** Rules between the old and the new object: immutable fields. */
  readonly validateUpdate: (next: KubeObject, previous: KubeObject) => readonly StatusCause[];
  /** Keeps what an update may not touch, before it is validated. */
  readonly prepareUpdate: (next: KubeObject, previous: KubeObject) => KubeObject;
}

/** What a type must say about itself; everything else has the usual value. */
export type ResourceTypeDefinition = Partial<ResourceType> &
  Pick<ResourceType, 'resource' | 'singular' | 'kind' | 'columns'>;

/** Completes a definition: a namespaced core/v1 type with no rules of its own unless it says otherwise. */
export function resourceType(definition: ResourceTypeDefinition): ResourceType {
  return {
    group: '',
    version: 'v1',
    namespaced: true,
    shortNames: [],
    categories: [],
    subresources: [],
    countsGenerations: false,
    hasStatus: false,
    returnsDeleted: false,
    isCustom: false,
    nameRule: 'subdomain',
    selectableFields: {},
    defaults: (object) => object,
    initialStatus: undefined,
    validate: () => [],
    validateUpdate: () => [],
    prepareUpdate: (next) => next,
    ...definition,
  };
}

/** `v1`, or `apps/v1`. */
export function apiVersionOf({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Kubernetes' `/status` subresource of a type. */
export const statusOf = (kind: string): Subresource => ({
  name: 'status',
  kind,
  verbs: ['get', 'patch', 'update'],
});

/** Kubernetes' `/scale` subresource of a workload. */
export const scale: Subresource = {
  name: 'scale',
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: ['get', 'patch', 'update'],
};
