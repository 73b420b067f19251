import { z } from 'zod';
import { word, words } from './audit-filter.js';
import { asked } from './question-filter.js';

/** Shorter texts are in nearly every body, and no index of letters helps to find them. */
const MIN_SEARCH = 4;
const MAX_SEARCH = 256;
/** In code points, as the index counts. */
const lengthOf = (text: string): number => Array.from(text).length;

/** What is searched: all bodies of calls; all that was recorded of sessions, logs and watches. */
const SearchScope = z.enum(['bodies', 'terminal'], 'expected bodies or terminal');

/** Query of `GET /v1/audit/search`. */
export const SearchFilter = z.strictObject({
  ...asked,
  /** As it is: nothing in it means anything else. The case of letters does not matter. */
  text: z
    .string()
    // Nobody reads what does not print, and a line that is shown has no breaks.
    .regex(/^\P{Cc}*$/u, 'expected no control characters')
    .refine((text) => lengthOf(text) >= MIN_SEARCH && lengthOf(text) <= MAX_SEARCH, {
      message: `expected ${MIN_SEARCH} to ${MAX_SEARCH} characters`,
    })
    .refine((text) => text.trim() !== '', { message: 'expected more than blanks' }),
  /** One, or both with a comma. */
  in: words
    .pipe(z.array(SearchScope))
    .transform((scopes) => SearchScope.options.filter((scope) => scopes.includes(scope)))
    .default([...SearchScope.options]),
  /** Subject of the agent, or `<issuer>#<subject>`. */
  agent: word.optional(),
  connection: words.optional(),
  namespace: words.optional(),
});
export type SearchFilter = z.infer<typeof SearchFilter>;
