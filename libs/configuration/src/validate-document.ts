import { ConfigurationDocument } from '@drawbridge/contracts';
import type { z } from 'zod';
import type { ConfigurationProblem } from './configuration.js';
import type { FieldPath, ParsedDocument } from './parse-documents.js';

const MAX_SHOWN_CHARACTERS = 60;
/** A path with one of these in it leads to something that may be a secret, whatever the schema says. */
const SECRET = /token|secret|passw|credential|private|key|authorization|cookie/iu;
const USER_IN_ADDRESS = /\/\/[^/]*@/u;

export type Validated<Document = ConfigurationDocument> =
  { readonly document: Document } | { readonly problems: readonly ConfigurationProblem[] };

/** Checks one document of a configuration against its schema. */
export function validateDocument(parsed: ParsedDocument): Validated {
  return validateAgainst(ConfigurationDocument, parsed);
}

/** Checks a document against a schema; names every bad field with where it stands and what came. */
export function validateAgainst<Document>(
  schema: z.ZodType<Document>,
  parsed: ParsedDocument,
): Validated<Document> {
  const result = schema.safeParse(parsed.value);
  if (result.success) return { document: result.data };
  const issues = result.error.issues.flatMap((issue) => flatten(issue, []));
  return { problems: issues.flatMap((issue) => toProblems(issue, parsed)) };
}

interface Issue {
  readonly path: FieldPath;
  readonly issue: z.core.$ZodIssue;
}

/** A union reports the issues of each of its branches; the branch that got furthest is what was meant. */
function flatten(issue: z.core.$ZodIssue, parent: FieldPath): Issue[] {
  const path = [...parent, ...issue.path.filter((part) => typeof part !== 'symbol')];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ path, issue }];
  const depth = (branch: readonly z.core.$ZodIssue[]) =>
    Math.max(...branch.map((inner) => inner.path.length));
  const [best, second] = issue.errors.toSorted((one, other) => depth(other) - depth(one));
  if (best === undefined || (second !== undefined && depth(second) === depth(best))) {
    return [{ path, issue }];
  }
  return best.flatMap((inner) => flatten(inner, path));
}

function toProblems({ path, issue }: Issue, parsed: ParsedDocument): ConfigurationProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...parsed.positionOfKey([...path, key]),
      field: fieldOf([...path, key]),
      message: 'is not a field',
    }));
  }
  const got = describeValue(valueAt(parsed.value, path), path);
  const message = `${messageOf(issue)}${got === undefined ? '' : ` (got ${got})`}`;
  return [{ ...parsed.positionOf(path), field: fieldOf(path), message }];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') return unionMessage(issue);
  if (issue.code === 'invalid_type') return `expected ${nameOf(issue.expected)}`;
  if (issue.code === 'invalid_value') return `expected ${issue.values.map(quote).join(' or ')}`;
  return issue.message.replace(/^(Invalid (input|string)|Too (big|small)): /u, '');
}

function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
  if (options.length > 0) return `expected ${options.map(quote).join(' or ')}`;
  const forms = issue.errors.flat().map((inner) => messageOf(inner).replace(/^expected /u, ''));
  return forms.length > 0 ? `expected ${[...new Set(forms)].join(' or ')}` : 'of no known form';
}

const names: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function nameOf(type: string): string {
  return names[type] ?? type;
}

/** What stands there in a few characters; only its type where it could be a secret. */
function describeValue(value: unknown, path: FieldPath): string | undefined {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const shown = quote(value);
  const mayBeSecret = path.some((part) => SECRET.test(String(part))) || USER_IN_ADDRESS.test(shown);
  return mayBeSecret ? undefined : shorten(shown);
}

function quote(value: unknown): string {
  return JSON.stringify(value);
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`;
}

function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part)
        ? (inner as Record<string | number, unknown>)[part]
        : undefined,
    value,
  );
}

/** `spec.rules[0].verbs`, as the field is written in messages. */
export function fieldOf(path: FieldPath): string {
  return path.reduce<string>(
    (field, part) =>
      typeof part === 'number' ? `${field}[${part}]` : `${field}${field === '' ? '' : '.'}${part}`,
    '',
  );
}
