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
  write(
    object,
    '',
    (path, text) => {
      // Two entries of one name: nothing may be hidden behind another.
      let place = path;
      for (let again = 2; lines.has(place); again += 1) place = `${path}(${again})`;
      lines.set(place, text);
    },
    withStatus,
  );
  return lines;
}

type Put = (path: string, text: string) => void;

function write(value: unknown, path: string, put: Put, withStatus: boolean): void {
  if (unshown.has(path) || (path === 'status' && !withStatus)) return;
  if (Array.isArray(value) && value.length > 0) {
    const entries: readonly unknown[] = value;
    entries.forEach((entry, index) =>
      write(entry, `${path}[${entryName(entry) ?? index}]`, put, withStatus),
    );
    return;
  }
  if (isRecord(value) && Object.keys(value).length > 0) {
    for (const [key, member] of Object.entries(value)) {
      write(member, memberPath(path, key), put, withStatus);
    }
    return;
  }
  put(path, JSON.stringify(value) ?? 'null');
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
