import type { z } from 'zod';
import type { FieldError } from './request-refused.js';
import { valueAt, whatCame } from './what-came.js';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
const MAX_ERRORS = 50;

/** A failed parse, and what was parsed. */
export interface FailedParse {
  readonly error: z.ZodError;
  readonly value: unknown;
}

/**
 * Every bad field of a failed parse, unknown fields included, with what was expected and what came.
 * `nameOf` writes a field's place.
 */
export function fieldErrors(
  { error, value }: FailedParse,
  nameOf: (path: Path) => string,
): readonly FieldError[] {
  return error.issues
    .flatMap((issue) => flatten(issue, []))
    .slice(0, MAX_ERRORS)
    .map(({ path, message, complete }) => ({
      field: nameOf(path),
      message: complete ? message : `${message}, got ${whatCame(cameAt(value, path))}`,
    }));
}

/** What stands there; of an element of a list that came as one text, the text. */
function cameAt(value: unknown, path: Path): unknown {
  const list = valueAt(value, path.slice(0, -1));
  return path.length > 0 && typeof list === 'string' ? list : valueAt(value, path);
}

/** JSON pointer, RFC 6901; the whole document is `''`. */
export const jsonPointer = (path: Path): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

interface Found {
  readonly path: Path;
  readonly message: string;
  /**
   * Says already what came. A value of another type than expected is not repeated: it may stand in a wrong
   * place, and be a secret.
   */
  readonly complete: boolean;
}

function flatten(issue: Issue, above: Path): readonly Found[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: 'unknown field',
      complete: true,
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return nearest(issue.errors).flatMap((inner) => flatten(inner, path));
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    return issue.issues.flatMap((inner) => flatten(inner, path));
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const complete = issue.code === 'invalid_type';
  return [{ path, message: missing ? 'required' : issue.message, complete }];
}

/** Of the alternatives of a union, the one the caller most likely meant: fewest faults at its own level. */
function nearest(alternatives: readonly (readonly Issue[])[]): readonly Issue[] {
  const faults = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.path.length <= 1 ? 100 : 1) * weight(issue), 0);
  return [...alternatives].sort((one, other) => faults(one) - faults(other))[0] ?? [];
}

const weight = (issue: Issue): number =>
  issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
