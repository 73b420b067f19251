/**
 * What one stage, or all of them together, came to.
 *
 * @typedef {object} Tally
 * @property {number} passed
 * @property {string[]} failures one line each
 * @property {Skip[]} skips
 */

/** @typedef {{ name: string, reason: string }} Skip */

/** @type {Readonly<Tally>} */
export const nothing = { passed: 0, failures: [], skips: [] };

/** @returns {Tally} */
export const onePassed = () => ({ ...nothing, passed: 1 });

/**
 * @param {string} failure
 * @returns {Tally}
 */
export const oneFailed = (failure) => ({ ...nothing, failures: [failure] });

/**
 * @param {Skip} skip
 * @returns {Tally}
 */
export const oneSkipped = (skip) => ({ ...nothing, skips: [skip] });

/**
 * @param {readonly Tally[]} tallies
 * @returns {Tally}
 */
export const sum = (tallies) => ({
  passed: tallies.reduce((total, { passed }) => total + passed, 0),
  failures: tallies.flatMap(({ failures }) => failures),
  skips: tallies.flatMap(({ skips }) => skips),
});

/**
 * The last line of the whole run, which continuous integration reads.
 *
 * @param {Tally} tally
 * @returns {string} `N passed, N failed`, with `, N skipped` when something was skipped
 */
export function countLine({ passed, failures, skips }) {
  const counts = `${passed} passed, ${failures.length} failed`;
  return skips.length === 0 ? counts : `${counts}, ${skips.length} skipped`;
}

/**
 * The verdict on a vitest run: what its reporter recorded, checked against the exit code, because a
 * run that failed without a failed test (an unhandled rejection, a crash) has failed all the same, and
 * one in which nothing ran proves nothing.
 *
 * @param {string} stage
 * @param {Tally | undefined} recorded `undefined` when the reporter wrote nothing
 * @param {number} exitCode
 * @returns {Tally}
 */
export function judge(stage, recorded, exitCode) {
  if (recorded === undefined) {
    return oneFailed(`${stage}: vitest ended with exit code ${exitCode} and no result`);
  }
  if (recorded.passed + recorded.failures.length === 0) {
    return sum([recorded, oneFailed(`${stage}: no test ran`)]);
  }
  if (exitCode !== 0 && recorded.failures.length === 0) {
    return sum([recorded, oneFailed(`${stage}: vitest ended with exit code ${exitCode}`)]);
  }
  return recorded;
}
