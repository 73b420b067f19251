import { isList, isObject, objectAt, textAt, type Json, type JsonObject } from '../json.js';
import { isSuccess, objectOf, type RecordedCall } from './recorded-call.js';

/** A custom resource as far as a session has shown it. */
export interface SeenResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly hasStatus?: boolean;
  readonly scale?: { readonly selectorPath?: readonly string[] };
  /** `openAPIV3Schema`; absent: neither its definition nor the document of its group was read. */
  readonly schema?: JsonObject;
}

/** What one answer says of a resource. */
type Told = Partial<SeenResource>;
type ToldOf = ReadonlyMap<string, Told>;

/** Groups of Kubernetes itself end so; what others define in one of them is not told apart, and left out. */
const isCustomGroup = (group: string): boolean =>
  group.includes('.') && !/(^|\.)k8s\.io$/.test(group);

/** Where a resource is told of. */
export const resourceKey = ({
  group,
  version,
  resource,
}: Pick<SeenResource, 'group' | 'version' | 'resource'>): string =>
  [group, version, resource].join('/');

/**
 * The custom resources on which a session made calls that the cluster answered: what they are is known by their
 * definitions and by discovery, where the session read these, and otherwise by the objects themselves.
 *
 * @param calls - of one session
 */
export function seenResources(calls: readonly RecordedCall[]): readonly SeenResource[] {
  const used = usedIn(calls);
  if (used.size === 0) return [];
  const told = calls.map(({ command, bodies }) => {
    const answer = objectOf(bodies.response);
    return answer === undefined ? new Map<string, Told>() : toldIn(command.path, answer);
  });
  const schemas = schemasIn(calls);
  return [...used].map(([key, seen]) => {
    const known = Object.assign({}, ...told.map((each) => each.get(key) ?? {})) as Told;
    const kind = known.kind ?? seen.kind;
    const schema = known.schema ?? schemas.get([seen.group, seen.version, kind].join('/'));
    return { ...seen, ...known, kind, ...(schema === undefined ? {} : { schema }) };
  });
}

function usedIn(calls: readonly RecordedCall[]): ReadonlyMap<string, SeenResource> {
  const used = new Map<string, SeenResource>();
  for (const call of calls.filter(isOfCustom)) {
    const { apiGroup: group, apiVersion: version, resource } = call.command;
    const place = { group, version, resource };
    const first: SeenResource = { ...place, kind: '', namespaced: false };
    const known = used.get(resourceKey(place)) ?? first;
    used.set(resourceKey(place), { ...known, ...shownBy(call, known) });
  }
  return used;
}

const isOfCustom = (call: RecordedCall): boolean =>
  isCustomGroup(call.command.apiGroup) && call.command.resource !== '' && isServed(call);

const shownBy = (call: RecordedCall, { kind, namespaced }: SeenResource): Told => ({
  ...(kind === '' ? kindIn(call) : {}),
  namespaced: namespaced || isInNamespace(call),
  ...(call.command.subresource === 'status' ? { hasStatus: true } : {}),
  ...(call.command.subresource === 'scale' ? { scale: {} } : {}),
});

/** A path that the cluster does not have is not found without a word of which object. */
function isServed({ command, bodies }: RecordedCall): boolean {
  if (command.decision?.effect !== 'allow') return false;
  return isSuccess(command) || textAt(objectOf(bodies.response), 'details', 'kind') !== '';
}

const views = new Set(['Status', 'Table', 'Scale', 'List', 'DeleteOptions']);

function kindIn({ bodies }: RecordedCall): Pick<Told, 'kind'> {
  const kinds = [bodies.response, bodies.before, bodies.request].map((body) =>
    textAt(objectOf(body), 'kind'),
  );
  const kind = kinds.find(
    (name) => name !== '' && !views.has(name) && !/^PartialObject/.test(name),
  );
  return kind === undefined ? {} : { kind: kind.replace(/List$/, '') };
}

const isInNamespace = ({ command, bodies }: RecordedCall): boolean =>
  command.namespace !== '' ||
  elements(objectAt(objectOf(bodies.response)), 'items').some(
    (item) => textAt(item, 'metadata', 'namespace') !== '',
  );

const elements = (object: JsonObject, name: string): readonly JsonObject[] => {
  const list = object[name];
  return isList(list) ? list.filter(isObject) : [];
};

function toldIn(path: string, answer: JsonObject): ToldOf {
  switch (textAt(answer, 'kind')) {
    case 'CustomResourceDefinition':
      return definition(answer);
    case 'CustomResourceDefinitionList':
      return new Map(elements(answer, 'items').flatMap((item) => [...definition(item)]));
    case 'APIResourceList':
      return resourceList(path, answer);
    case 'APIGroupDiscoveryList':
      return new Map(elements(answer, 'items').flatMap(discovered));
    default:
      return new Map();
  }
}

function definition({ spec }: JsonObject): ToldOf {
  const names = objectAt(spec, 'names');
  const [group, resource] = [textAt(spec, 'group'), textAt(names, 'plural')];
  return new Map(
    elements(objectAt(spec), 'versions').map((each) => {
      const version = textAt(each, 'name');
      const { openAPIV3Schema: schema } = objectAt(each, 'schema');
      const subresources = objectAt(each, 'subresources');
      const told: Told = {
        ...{ kind: textAt(names, 'kind'), namespaced: textAt(spec, 'scope') === 'Namespaced' },
        ...namesOf(textAt(names, 'singular'), names['shortNames']),
        hasStatus: isObject(subresources['status']),
        ...scaleOf(subresources['scale']),
        ...(isObject(schema) ? { schema } : {}),
      };
      return [resourceKey({ group, version, resource }), told] as const;
    }),
  );
}

function scaleOf(scale: Json | undefined): Told {
  const path = textAt(scale, 'labelSelectorPath').split('.').slice(1);
  const isUsual =
    textAt(scale, 'specReplicasPath') === '.spec.replicas' &&
    textAt(scale, 'statusReplicasPath') === '.status.replicas';
  return isUsual ? { scale: path.length === 0 ? {} : { selectorPath: path } } : {};
}

function namesOf(singular: string, shortNames: Json | undefined): Told {
  const short = isList(shortNames) ? shortNames.filter((name) => typeof name === 'string') : [];
  return {
    ...(singular === '' ? {} : { singular }),
    ...(short.length === 0 ? {} : { shortNames: short }),
  };
}

function resourceList(path: string, answer: JsonObject): ToldOf {
  const [, group = '', version = ''] = /^\/apis\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const resources = elements(answer, 'resources');
  const names = new Set(resources.map((each) => textAt(each, 'name')));
  return new Map(
    resources
      .filter((each) => !textAt(each, 'name').includes('/'))
      .map((each) => {
        const resource = textAt(each, 'name');
        const told: Told = {
          ...{ kind: textAt(each, 'kind'), namespaced: each['namespaced'] === true },
          ...namesOf(textAt(each, 'singularName'), each['shortNames']),
          hasStatus: names.has(`${resource}/status`),
        };
        return [resourceKey({ group, version, resource }), told] as const;
      }),
  );
}

/** One group of aggregated discovery. */
function discovered(item: JsonObject): readonly (readonly [string, Told])[] {
  const group = textAt(item, 'metadata', 'name');
  return elements(item, 'versions').flatMap((each) =>
    elements(each, 'resources').map((entry) => {
      const place = {
        group,
        version: textAt(each, 'version'),
        resource: textAt(entry, 'resource'),
      };
      const told: Told = {
        kind: textAt(entry, 'responseKind', 'kind'),
        namespaced: textAt(entry, 'scope') === 'Namespaced',
        ...namesOf(textAt(entry, 'singularResource'), entry['shortNames']),
        hasStatus: elements(entry, 'subresources').some(
          (one) => textAt(one, 'subresource') === 'status',
        ),
      };
      return [resourceKey(place), told] as const;
    }),
  );
}

/** Of documents of groups (`/openapi/v3/apis/<group>/<version>`), by group, version and kind. */
function schemasIn(calls: readonly RecordedCall[]): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const { command, bodies } of calls) {
    if (!command.path.startsWith('/openapi/v3/apis/')) continue;
    const schemas = objectAt(objectOf(bodies.response), 'components', 'schemas');
    for (const schema of Object.values(schemas)) {
      if (!isObject(schema)) continue;
      for (const kind of elements(schema, 'x-kubernetes-group-version-kind')) {
        const key = ['group', 'version', 'kind'].map((part) => textAt(kind, part)).join('/');
        found.set(key, schema);
      }
    }
  }
  return found;
}
