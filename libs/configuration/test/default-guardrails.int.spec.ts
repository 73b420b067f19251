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
import { configurationOf } from './configuration-of.js';

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

describe('docs/guardrails.md', () => {
  const page = resolve(import.meta.dirname, '../../../docs/guardrails.md');

  it('holds guardrails that load, and a test of them that passes', async () => {
    const text = await readFile(page, 'utf8');
    const [example = '', test = ''] = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(
      ([, block = '']) => block,
    );
    const documented = compileGuardrails(
      configurationOf({ 'guardrails.yaml': example }).guardrails,
    );
    const parsed = GuardrailTest.parse(parse(test));
    const faults = runGuardrailTest(documented, parsed).flatMap((result) => result.faults);
    expect(faults).toEqual([]);
    const { caught, missed } = coverageOf(parsed, runGuardrailTest(documented, parsed));
    expect([...caught].toSorted()).toEqual([...documented.rules].toSorted());
    expect([...missed].toSorted()).toEqual([...documented.rules].toSorted());
  });
});
