import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCodesInSource } from './error-codes-in-source.js';
import { productSources } from './product-sources.js';
import { statusesInSource } from './statuses-in-source.js';

const root = resolve(import.meta.dirname, '../..');
const sources = productSources(root);
const declared = errorCodesInSource(sources);
const statuses = statusesInSource(sources, declared);

interface Section {
  readonly code: string;
  /** `identity: 409`: who gives it, as what. */
  readonly answer: string;
  readonly text: string;
}

const sections = readFileSync(join(root, 'docs/errors.md'), 'utf8')
  .split(/^### /m)
  .slice(1)
  .map((section): Section => {
    const [, code = section, answer = '', text = ''] =
      /^`([^`\n]+)`\n\n_([^_]+(?:_[^_]+)*?)\._\s(.*)$/s.exec(section) ?? [];
    return { code, answer, text: text.trim() };
  });
const documented = sections.map(({ code }) => code);

describe('docs/errors.md', () => {
  it('has a section for every code that the product can give', () => {
    const missing = [...declared].filter(([code]) => !documented.includes(code));
    expect(missing.map(([code, files]) => `${code}: ${[...files].join(', ')}`)).toEqual([]);
  });

  it('has no section for a code that does not exist', () => {
    expect(documented.filter((code) => !declared.has(code))).toEqual([]);
  });

  it('has one section per code, in alphabetical order', () => {
    expect(documented).toEqual([...new Set(documented)].sort());
  });

  it('says in each section who gives the code, what it means and what to do', () => {
    const thin = sections.filter(({ answer, text }) => answer === '' || text.split(' ').length < 8);
    expect(thin.map(({ code }) => code)).toEqual([]);
  });

  it('gives each code exactly the numbers that the sources answer it with', () => {
    const wrong = sections.flatMap(({ code, answer }) => {
      const expected = [...(statuses.get(code) ?? [])];
      const given = [...new Set([...answer.matchAll(/\b\d+\b/g)].map(Number))];
      const isRight =
        expected.length === 0 || expected.toSorted().join() === given.toSorted().join();
      return isRight ? [] : [`${code}: says ${given.join()}, is ${expected.join()}`];
    });
    expect(wrong).toEqual([]);
  });
});

describe('the search for codes', () => {
  it.each([
    ['the type argument of an AppError', 'append_conflict'],
    ['an alias as type argument', 'token_missing'],
    ['a union of unions as type argument', 'grant_withdrawn'],
    ['a bare AppError', 'config_invalid'],
    ['a closed list of reasons', 'signature_invalid'],
    ['a property whose type is a closed list', 'scope_too_wide'],
    ['a property with a literal', 'access_request_lapsed'],
    ['a property whose object goes to somebody else', 'internal_error'],
    ['the code for what has none', 'handler_failed'],
  ])('finds %s', (_where, code) => {
    expect(declared.has(code)).toBe(true);
  });

  it('takes nothing for a code that is none', () => {
    const strange = [...declared.keys()].filter(
      (code) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code),
    );
    expect(strange).toEqual([]);
    expect(declared.has('custom')).toBe(false);
  });

  it.each([
    ['a table', 'not_in_scope', 403],
    ['a table whose rows are documents', 'bus_lost', 503],
    ['a table of named exit codes', 'server_unreachable', 9],
    ['a call', 'signature_invalid', 401],
  ])('finds the number of a code in %s', (_where, code, status) => {
    expect([...(statuses.get(code) ?? [])]).toEqual([status]);
  });
});
