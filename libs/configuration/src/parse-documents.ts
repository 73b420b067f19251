import {
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Pair,
  type Range,
  type Scalar,
  type YAMLError,
} from 'yaml';
import type { ConfigurationProblem, SourcePosition } from './configuration.js';

/** Enough for anchors that a human writes; far too few for a document that explodes when they are resolved. */
const MAX_ALIASES = 50;
const MAX_DEPTH = 50;
const tooManyAliases = `uses more than ${MAX_ALIASES} aliases`;
/** A file that is no YAML at all has a problem at every character. */
const MAX_PROBLEMS = 20;

export type FieldPath = readonly (string | number)[];

/** A YAML document as plain data that knows where its fields stand. */
export interface ParsedDocument {
  readonly value: unknown;
  readonly source: SourcePosition;
  /** Where a field stands; where its nearest parent stands when it is absent. */
  positionOf(path: FieldPath): SourcePosition;
  /** Where the key of a field stands, for a field that should not be there. */
  positionOfKey(path: FieldPath): SourcePosition;
}

export interface ParsedFile {
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly ConfigurationProblem[];
}

/**
 * Parses the YAML documents of one file. Empty documents are left out; a document with any problem is, too.
 *
 * YAML 1.2 core only: no tags of one's own, no duplicate or non-string keys, no merge keys, few aliases.
 * Messages never quote the text, since it may hold a secret.
 */
export function parseDocuments(file: string, text: string): ParsedFile {
  const lines = new LineCounter();
  const at = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (nestsTooDeep(text)) return { documents: [], problems: [tooDeep(at(0))] };
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    resolveKnownTags: false,
    // Its own check compares every key with every other: half a minute for a file of 1 MiB.
    uniqueKeys: false,
  });
  const documents: ParsedDocument[] = [];
  const problems: ConfigurationProblem[] = [];
  // Without any document the result is an object that is not an array.
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const found = problemsOf(document, at);
    problems.push(...found);
    if (found.length === 0) documents.push(...readDocument(document, { at, problems }));
  }
  return { documents, problems };
}

type At = (offset: number) => SourcePosition;

function readDocument(
  document: Document.Parsed,
  { at, problems }: { at: At; problems: ConfigurationProblem[] },
): ParsedDocument[] {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return [];
  const source = at(contents.range[0]);
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    const offsetOf = (path: FieldPath) => nodeOffset(document, path) ?? contents.range[0];
    return [
      {
        value,
        source,
        positionOf: (path) => at(offsetOf(path)),
        positionOfKey: (path) => at(keyOffset(document, path) ?? offsetOf(path)),
      },
    ];
  } catch {
    problems.push({ ...source, field: '', message: tooManyAliases });
    return [];
  }
}

function problemsOf(document: Document.Parsed, at: At): ConfigurationProblem[] {
  const { errors, warnings, directives } = document;
  const problems = [...errors, ...warnings].slice(0, MAX_PROBLEMS).map((error) => ({
    ...at(error.pos[0]),
    field: '',
    message: messages[error.code] ?? 'not YAML here',
  }));
  problems.push(...contentProblems(document, at));
  if (directives.yaml.version === '1.2') return problems;
  const message = 'expected YAML 1.2 (in 1.1 "yes" and "on" are booleans)';
  return [...problems, { ...at(document.range[0]), field: '', message }];
}

/** The parser's own words only where they cannot quote the text. */
const messages: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  NON_STRING_KEY: 'expected a key that is text',
  TAG_RESOLVE_FAILED: 'expected no tag',
  BAD_INDENT: 'not indented as the lines around it',
  MISSING_CHAR: 'a quote, bracket or colon is missing',
  TAB_AS_INDENT: 'indented with a tab; expected spaces',
};

function contentProblems(document: Document.Parsed, at: At): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const note = ({ range }: { range?: Range | null | undefined }, message: string) =>
    void problems.push({ ...at(range?.[0] ?? 0), field: '', message });
  let aliases = 0;
  visit(document, {
    Map: (_key, { items }) => {
      for (const key of repeatedKeys(items)) note(key, 'the same key stands here twice');
    },
    Alias: (_key, alias) => {
      aliases += 1;
      if (aliases > MAX_ALIASES) {
        note(alias, tooManyAliases);
        return visit.BREAK;
      }
      // Looks through the whole document: not to be done without a limit.
      if (alias.resolve(document) === undefined) note(alias, 'alias of no anchor before it');
      return undefined;
    },
  });
  return problems;
}

function repeatedKeys(items: readonly Pair[]): Scalar[] {
  const seen = new Set<unknown>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const isRepeated = seen.has(key.value);
    seen.add(key.value);
    return isRepeated ? [key] : [];
  });
}

function nodeOffset(document: Document.Parsed, path: FieldPath): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

function keyOffset(document: Document.Parsed, path: FieldPath): number | undefined {
  const parent = document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(
    (item) => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1),
  );
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}

/**
 * Whether brackets, dashes or question marks nest deeper than any human writes: the parser calls itself for
 * each, and a process has died of it. Brackets in texts and comments count, too; nobody leaves fifty open.
 */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > MAX_DEPTH) return true;
  }
  return /^ *([-?] +){20}/mu.test(text);
}

function tooDeep(position: SourcePosition): ConfigurationProblem {
  return { ...position, field: '', message: `nests more than ${MAX_DEPTH} levels deep` };
}
