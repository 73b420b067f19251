/** RFC 6902, as far as fuzzing needs it. */
export interface PatchOperation {
  readonly op: string;
  readonly from?: string;
  readonly path: string;
  readonly value?: unknown;
}

/**
 * Applies a JSON patch to a copy, as the cluster does.
 *
 * @returns `undefined` when an operation fails
 */
export function patched(document: unknown, patch: readonly PatchOperation[]): unknown {
  const root = { whole: structuredClone(document) };
  try {
    for (const operation of patch) apply(root, operation);
    return root.whole;
  } catch (error) {
    if (error instanceof NotThere) return undefined;
    throw error;
  }
}

class NotThere extends Error {}

function apply(root: object, { op, from = '', path, value: given }: PatchOperation): void {
  const value = structuredClone(given);
  const goal = segmentsOf(path);
  if (op === 'test') {
    if (JSON.stringify(valueAt(root, goal)) !== JSON.stringify(value)) throw new NotThere();
  } else if (op === 'remove') removeAt(root, goal);
  else if (op === 'replace') {
    removeAt(root, goal);
    addAt(root, goal, value);
  } else if (op === 'add') addAt(root, goal, value);
  else {
    const source = segmentsOf(from);
    const moved = structuredClone(valueAt(root, source));
    if (op === 'move') removeAt(root, source);
    addAt(root, goal, moved);
  }
}

const segmentsOf = (pointer: string): readonly string[] => [
  'whole',
  ...pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~')),
];

function valueAt(root: unknown, segments: readonly string[]): unknown {
  return segments.reduce((at, name) => {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) throw new NotThere();
    return Reflect.get(at, name) as unknown;
  }, root);
}

function parentOf(root: unknown, segments: readonly string[]): { parent: object; name: string } {
  const parent = valueAt(root, segments.slice(0, -1));
  if (typeof parent !== 'object' || parent === null) throw new NotThere();
  return { parent, name: segments.at(-1) ?? '' };
}

function addAt(root: unknown, segments: readonly string[], value: unknown): void {
  const { parent, name } = parentOf(root, segments);
  if (!Array.isArray(parent)) {
    Object.defineProperty(parent, name, { value, ...plain });
    return;
  }
  const at = name === '-' ? parent.length : Number(name);
  if (!/^(?:-|\d+)$/.test(name) || at > parent.length) throw new NotThere();
  parent.splice(at, 0, value);
}

const plain = { enumerable: true, configurable: true, writable: true };

function removeAt(root: unknown, segments: readonly string[]): void {
  valueAt(root, segments);
  const { parent, name } = parentOf(root, segments);
  if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else Reflect.deleteProperty(parent, name);
}
