/** Whether a text matches one of some patterns, in which `*` stands for any characters. */
export type Glob = (text: string) => boolean;

/** Compiles patterns; takes time proportional to pattern and text, whatever they hold. */
export function compileGlobs(patterns: readonly string[]): Glob {
  if (patterns.includes('*')) return () => true;
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*')).map((one) => one.split('*'));
  if (globs.length === 0) return (text) => exact.has(text);
  return (text) => exact.has(text) || globs.some((parts) => matchesParts(parts, text));
}

/** Parts in order, the first at the start, the last at the end, each of the others where it comes first. */
function matchesParts(parts: readonly string[], text: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop() ?? '';
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
