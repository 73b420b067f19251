/**
 * One line of the doctor's report.
 *
 * @typedef {object} Check
 * @property {string} name
 * @property {'ok' | 'obtainable' | 'missing'} status `obtainable`: not here, but fetched or built when it is needed
 * @property {boolean} required without it the demo does not run
 * @property {string} found version and place; empty when there is none
 * @property {string} hint what it is for or how to get it; empty when there is nothing to do
 */

/** @typedef {() => Promise<Check>} CheckUp */

/**
 * Whether the demo can run here.
 *
 * @param {readonly Check[]} checks
 */
export const isHealthy = (checks) =>
  checks.every(({ required, status }) => !required || status !== 'missing');
