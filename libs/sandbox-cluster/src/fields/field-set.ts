import { isObject, type JsonObject } from '../json.js';

/**
 * A set of field paths. A path is its elements joined by a line feed, each as in `FieldsV1`: `f:spec`,
 * `k:{"name":"app"}`, `v:"finalizer"`. A flat set makes union, difference and intersection trivial.
 */
export type FieldSet = ReadonlySet<string>;

/** Separates the elements of a path; cannot occur in a JSON-encoded element. */
export const separator = '\n';

/** The path of `element` below `path`. */
export function childPath(path: string, element: string): string {
  return path === '' ? element : `${path}${separator}${element}`;
}

/** Reads a `fieldsV1` value. */
export function parseFields(fields: JsonObject): FieldSet {
  const paths = new Set<string>();
  const visit = (node: JsonObject, path: string): void => {
    const children = Object.entries(node);
    if (path !== '' && (children.length === 0 || '.' in node)) paths.add(path);
    for (const [element, child] of children) {
      if (element !== '.' && isObject(child)) visit(child, childPath(path, element));
    }
  };
  visit(fields, '');
  return paths;
}

interface Node {
  member: boolean;
  readonly children: Map<string, Node>;
}

const emptyNode = (): Node => ({ member: false, children: new Map() });

/** Writes a set as a `fieldsV1` value. */
export function formatFields(paths: FieldSet): JsonObject {
  const root = emptyNode();
  for (const path of [...paths].sort()) {
    let node = root;
    for (const element of path.split(separator)) {
      const child = node.children.get(element) ?? emptyNode();
      node.children.set(element, child);
      node = child;
    }
    node.member = true;
  }
  return toJson(root);
}

function toJson({ member, children }: Node): JsonObject {
  const entries = [...children].map(([element, child]) => [element, toJson(child)] as const);
  return Object.fromEntries(member && children.size > 0 ? [['.', {}], ...entries] : entries);
}

/** A path as messages show it: `.spec.template.spec.containers[name="app"].image`. */
export function displayPath(path: string): string {
  return path
    .split(separator)
    .map((element) => {
      const value = element.slice(2);
      if (element.startsWith('f:')) return `.${value}`;
      if (!element.startsWith('k:')) return `[=${value}]`;
      const keys: unknown = JSON.parse(value);
      const pairs = isObject(keys) ? Object.entries(keys) : [];
      return `[${pairs.map(([key, item]) => `${key}=${JSON.stringify(item)}`).join(',')}]`;
    })
    .join('');
}
