import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCodesInSource } from './error-codes-in-source.js';

const root = resolve(import.meta.dirname, '../..');
const catalogue = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const documented = [...catalogue.matchAll(/^### `([a-z0-9_]+)`$/gm)].map(([, code]) => code ?? '');
const declared = errorCodesInSource(root);

describe('docs/errors.md', () => {
  it('has a section for every code that the product can give', () => {
    const missing = [...declared].filter(([code]) => !documented.includes(code));
    expect(missing).toEqual([]);
  });

  it('has no section for a code that does not exist', () => {
    expect(documented.filter((code) => !declared.has(code))).toEqual([]);
  });

  it('has one section per code, in alphabetical order', () => {
    expect(documented).toEqual([...new Set(documented)].sort());
  });

  it('says in each section what it means and what to do', () => {
    const sections = catalogue.split(/^### /m).slice(1);
    const thin = sections.filter((section) => !/\n\n\S.{20,}/.test(section));
    expect(thin.map((section) => section.slice(0, 40))).toEqual([]);
  });

  it('finds the codes of the token verifier, so that an empty search cannot pass', () => {
    expect(declared.has('token_missing')).toBe(true);
    expect(declared.has('append_conflict')).toBe(true);
  });

  it('writes codes in snake_case', () => {
    expect(
      [...declared.keys()].filter((code) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code)),
    ).toEqual([]);
  });
});
