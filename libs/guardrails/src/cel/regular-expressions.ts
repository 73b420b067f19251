import { RE2JS } from 're2js';
import { charge } from './cost-meter.js';

const MAX_PATTERN_LENGTH = 1_000;
const MAX_COMPILED = 500;
/** A match costs more than reading the text. */
const CHARACTERS_PER_UNIT = 4;
const compiled = new Map<string, RE2JS>();

/**
 * A regular expression in RE2 syntax, which takes time proportional to the text.
 *
 * @throws when it is none, or too long
 */
export function regularExpression(source: string): RE2JS {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  if (source.length > MAX_PATTERN_LENGTH)
    throw new RangeError('the regular expression is too long');
  charge(source.length);
  const made = RE2JS.compile(source);
  // A pattern may come from an object: what is kept is limited.
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(source, made);
  return made;
}

export function matches(text: string, source: string): boolean {
  charge(text.length / CHARACTERS_PER_UNIT);
  return regularExpression(source).matcher(text).find();
}

/** The first match, or `''`, as Kubernetes' `find`. */
export function find(text: string, source: string): string {
  return findAll(text, source, 1)[0] ?? '';
}

/** All matches, or the first `limit` of them, as Kubernetes' `findAll`. */
export function findAll(text: string, source: string, limit = Number.MAX_SAFE_INTEGER): string[] {
  charge(text.length / CHARACTERS_PER_UNIT);
  const matcher = regularExpression(source).matcher(text);
  const found: string[] = [];
  while (found.length < limit && matcher.find()) {
    charge(1);
    found.push(matcher.group() ?? '');
  }
  return found;
}
