import type { Rewrite } from './rewrite.js';

/**
 * Where in a document: names of members, `*` for any member of an object, `[]` for any element of an array, `**`
 * for any number of both, none too. The empty path is the document itself. Names are matched as Go's JSON decoder
 * does: whatever their case or escapes.
 */
export type Path = readonly string[];

/** `undefined`: this value alone does not say. */
export type Verdict = 'keep' | 'drop' | undefined;

/** A value inside an element that says whether the element is kept. */
export interface Field {
  /** From the element on. */
  readonly path: Path;
  /** Must be pure. Told the text; `undefined` for what is no string, or longer than 8 KiB. */
  readonly judge: (text: string | undefined) => Verdict;
}

/** What happens to the values at a path. Of two rules for one place that exclude each other, the more exact one holds. */
export type Rule =
  /** Replaced by this JSON text, whatever it is; `null` stays. */
  | { readonly path: Path; readonly mask: string }
  /** Replaced by what a function says of it; `null` stays. */
  | { readonly path: Path; readonly rewrite: Rewrite }
  /** Stays as it is with everything inside of it, whatever less exact rules say. */
  | { readonly path: Path; readonly leave: true }
  /** A string that says what the members beside it are, as the `name` of an environment variable. */
  | { readonly path: Path; readonly label: true }
  /** A member that is left out. */
  | { readonly path: Path; readonly drop: true }
  /** Members of the object at the path that have another name are left out. */
  | { readonly path: Path; readonly keepOnly: readonly string[] }
  /**
   * Elements (the path ends with `[]`) or documents of a stream (the empty path) that are left out unless a
   * field says keep and none says drop. What holds the elements must be an array or `null`.
   */
  | { readonly path: Path; readonly keepBy: readonly Field[] };
