import { formatProblem } from '@drawbridge/configuration';
import { coverageOf, runGuardrailTest } from '@drawbridge/guardrails';
import { readPolicies, readTests } from './policy-files.js';

/** What became of the tests of a directory. */
export interface PolicyTestReport {
  readonly policyVersion: string;
  readonly cases: number;
  /** `file:line:column case: what is wrong` */
  readonly failures: readonly string[];
  /** Rules that no passing case is caught by, and rules that no passing case names as a near miss. */
  readonly untested: { readonly caught: readonly string[]; readonly missed: readonly string[] };
}

/** Runs all tests of a directory against all its guardrails. */
export async function testPolicies(directory: string): Promise<PolicyTestReport> {
  const { guardrails } = await readPolicies(directory);
  const run = (await readTests(directory)).map((located) => {
    const results = runGuardrailTest(guardrails, located.test);
    return { located, results, coverage: coverageOf(located.test, results) };
  });
  const failures = run.flatMap(({ located, results }) =>
    results.flatMap(({ name, index, faults }) =>
      faults.map((message) =>
        formatProblem({ ...located.positionOfCase(index), field: name, message }),
      ),
    ),
  );
  const without = (kind: 'caught' | 'missed') =>
    guardrails.rules.filter((rule) => !run.some(({ coverage }) => coverage[kind].has(rule)));
  return {
    policyVersion: guardrails.version,
    cases: run.reduce((sum, { results }) => sum + results.length, 0),
    failures,
    untested: { caught: without('caught'), missed: without('missed') },
  };
}
