import { writeFileSync } from 'node:fs';

/**
 * A vitest reporter that writes a {@link import('./tally.mjs').Tally} to the file named by
 * `DRAWBRIDGE_TALLY`. Vitest's own JSON reporter leaves out why a test was skipped.
 */
export default class TallyReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly { message?: string }[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env['DRAWBRIDGE_TALLY'];
    if (file === undefined) throw new TypeError('DRAWBRIDGE_TALLY is not set');
    writeFileSync(file, JSON.stringify(tallyOf(modules, unhandledErrors)));
  }
}

/**
 * @param {readonly import('vitest/node').TestModule[]} modules
 * @param {readonly { message?: string }[]} unhandledErrors
 * @returns {import('./tally.mjs').Tally}
 */
export function tallyOf(modules, unhandledErrors) {
  const tally = /** @type {import('./tally.mjs').Tally} */ ({
    passed: 0,
    failures: unhandledErrors.map(({ message }) => `unhandled error: ${firstLine(message)}`),
    skips: [],
  });
  for (const module of modules) {
    const file = module.relativeModuleId;
    // A file that cannot be loaded, or a suite whose hook threw, fails without a failed test.
    for (const { message } of module.errors())
      tally.failures.push(`${file}: ${firstLine(message)}`);
    for (const suite of module.children.allSuites()) {
      for (const { message } of suite.errors()) {
        tally.failures.push(`${file} > ${suite.fullName}: ${firstLine(message)}`);
      }
    }
    for (const test of module.children.allTests()) {
      count(tally, `${file} > ${test.fullName}`, test.result());
    }
  }
  return tally;
}

/**
 * @param {import('./tally.mjs').Tally} tally
 * @param {string} name
 * @param {import('vitest/node').TestResult} result
 */
function count(tally, name, result) {
  if (result.state === 'passed') tally.passed += 1;
  else if (result.state === 'skipped') {
    tally.skips.push({ name, reason: result.note ?? 'no reason given' });
  } else if (result.state === 'failed') {
    tally.failures.push(`${name}: ${firstLine(result.errors[0]?.message)}`);
  } else tally.failures.push(`${name}: did not finish`);
}

/** @param {string | undefined} message */
const firstLine = (message) => (message ?? 'no message').split('\n', 1)[0] ?? '';
