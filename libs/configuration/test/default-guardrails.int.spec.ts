import { readFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  compileGuardrails,
  coverageOf,
  GuardrailTest,
  runGuardrailTest,
} from '@drawbridge/guardrails';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfiguration } from '../src/index.js';

const directory = resolve(import.meta.dirname, '../../../infra/guardrails');
const { guardrails: documents } = await loadConfiguration(directory);
const guardrails = compileGuardrails(documents);
const tests = await Promise.all(
  globSync('*.test.yaml', { cwd: directory }).map(async (file) =>
    GuardrailTest.parse(parse(await readFile(resolve(directory, file), 'utf8'))),
  ),
);
const results = tests.flatMap((test) =>
  runGuardrailTest(guardrails, test).map((result) => ({ test, result })),
);

describe('the guardrails that are shipped', () => {
  it.each(results)('$test.metadata.name: $result.name', ({ result }) => {
    expect(result.faults).toEqual([]);
  });

  it.each(guardrails.rules)('%s has a call that it catches, and a near miss', (rule) => {
    const covered = tests.map((test) => coverageOf(test, runGuardrailTest(guardrails, test)));
    expect(covered.some(({ caught }) => caught.has(rule))).toBe(true);
    expect(covered.some(({ missed }) => missed.has(rule))).toBe(true);
  });

  it('each say why, and what to do instead', () => {
    const rules = documents.flatMap(({ spec }) => spec.rules);
    expect(rules.filter(({ suggestion }) => suggestion === undefined)).toEqual([]);
  });
});
