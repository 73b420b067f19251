import { isRecord } from './json-at.js';

/** What the API server writes into every object by itself: it differs each time and means nothing to an approver. */
const unshown: ReadonlySet<string> = new Set([
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.uid',
  'metadata.creationTimestamp',
  'metadata.generation',
  'metadata.selfLink',
]);

/** Place in an object → the value there, as text. */
export type ObjectLines = ReadonlyMap<string, string>;

/**
 * An object as one line for each value, under its full path, so that each line tells by itself what it is about:
 * `spec.template.spec.containers[app].image: "nginx:1"`.
 *
 * @param withStatus - the call is about the status; otherwise that is what controllers see, and left out
 */
export function objectLines(object: unknown, withStatus: boolean): ObjectLines {
  const lines = new Map<string, string>();
  const write = (value: unknown, path: string): void => {
    if (unshown.has(path) || (path === 'status' && !withStatus)) return;
    const members = membersOf(value, path);
    if (members === undefined) put(lines, path, JSON.stringify(value));
    else for (const [place, member] of members) write(member, place);
  };
  write(object, '');
  return lines;
}

/** Two entries may have one name: nothing may be hidden behind another. */
function put(lines: Map<string, string>, path: string, text: string): void {
  let place = path;
  for (let again = 2; lines.has(place); again += 1) place = `${path}(${again})`;
  lines.set(place, text);
}

/** The values in a value with their paths; `undefined` when it is a line by itself. */
function membersOf(value: unknown, path: string): [string, unknown][] | undefined {
  if (Array.isArray(value) && value.length > 0) {
    const entries: readonly unknown[] = value;
    return entries.map((entry, index) => [`${path}[${entryName(entry) ?? index}]`, entry]);
  }
  if (!isRecord(value) || Object.keys(value).length === 0) return undefined;
  return Object.entries(value).map(([key, member]) => [memberPath(path, key), member]);
}

/** Containers, volumes, variables and the like are merged by name, so a new one in front moves no other. */
function entryName(entry: unknown): string | undefined {
  if (!isRecord(entry)) return undefined;
  const name = entry['name'] ?? entry['mountPath'] ?? entry['key'];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
