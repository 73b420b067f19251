import { RE2JS } from 're2js';

/** Says whether a text has a match. Takes time proportional to the text, whatever pattern and text hold. */
export type Pattern = (text: string) => boolean;

/**
 * Compiles a regular expression in RE2 syntax. JavaScript's own engine would let a careless pattern and a
 * hostile text stop the process.
 *
 * @throws `SyntaxError` when it is none
 */
export function compilePattern(source: string): Pattern {
  try {
    const compiled = RE2JS.compile(source);
    return (text) => compiled.matcher(text).find();
  } catch (error) {
    throw new SyntaxError('expected a regular expression in RE2 syntax', { cause: error });
  }
}
