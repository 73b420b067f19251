import { objectLines, type ObjectLines } from './object-lines.js';

/** Of one line of an effect; a longer value goes on in the next. */
const MAX_LINE = 1_800;

export interface ObjectChange {
  /** `undefined`: there is none. */
  readonly before: unknown;
  readonly after: unknown;
  readonly withStatus: boolean;
}

/** What changes between two objects, as lines that begin with `+`, `-` or a space; those by which it is known first. */
export function objectDiff({ before, after, withStatus }: ObjectChange): string[] {
  const old = linesOf(before, withStatus);
  const fresh = linesOf(after, withStatus);
  const known = fresh.size > 0 ? fresh : old;
  const header = ['kind', 'metadata.namespace', 'metadata.name'].flatMap((path) => {
    const text = known.get(path);
    return text === undefined || old.get(path) !== fresh.get(path) ? [] : pieces(' ', path, text);
  });
  const changed = changedPaths(old, fresh).flatMap((path) => changeAt(path, old, fresh));
  return changed.length === 0 ? [...header, '  changes nothing'] : [...header, ...changed];
}

const linesOf = (object: unknown, withStatus: boolean): ObjectLines =>
  object === undefined ? new Map<string, string>() : objectLines(object, withStatus);

function changedPaths(old: ObjectLines, fresh: ObjectLines): readonly string[] {
  const paths = [...new Set([...old.keys(), ...fresh.keys()])];
  return paths.filter((path) => old.get(path) !== fresh.get(path)).toSorted();
}

function changeAt(path: string, old: ObjectLines, fresh: ObjectLines): string[] {
  const [was, is] = [old.get(path), fresh.get(path)];
  return [
    ...(was === undefined ? [] : pieces('-', path, was)),
    ...(is === undefined ? [] : pieces('+', path, is)),
  ];
}

/** Nothing is left out of a long value: what is approved is shown whole. */
function pieces(sign: '+' | '-' | ' ', path: string, text: string): string[] {
  const line = `${path}: ${text}`;
  const cut: string[] = [];
  for (let from = 0; from < line.length; from += MAX_LINE) {
    cut.push(`${sign} ${from === 0 ? '' : '… '}${line.slice(from, from + MAX_LINE)}`);
  }
  return cut;
}
