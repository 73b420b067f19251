import { LaunchError } from '../launcher/workspace.mjs';

/**
 * @typedef {object} LadderArguments
 * @property {string[]} stages names in the order of the ladder, without duplicates
 * @property {string[]} vitestArguments what follows `--`
 * @property {boolean} help
 */

/**
 * Reads `[STAGE...] [-- VITEST ARGS]`. No stage means all of them.
 *
 * @param {readonly string[]} args
 * @param {readonly string[]} known names of all stages, in order
 * @returns {LadderArguments}
 * @throws {LaunchError} that names the argument nobody knows.
 */
export function parseLadderArguments(args, known) {
  const split = args.indexOf('--');
  const own = split === -1 ? args : args.slice(0, split);
  const vitestArguments = split === -1 ? [] : args.slice(split + 1);
  const help = own.some((arg) => arg === '--help' || arg === '-h');
  const unknown = own.find((arg) => !known.includes(arg) && arg !== '--help' && arg !== '-h');
  if (unknown !== undefined) {
    throw new LaunchError(`no test stage "${unknown}"; expected one of: ${known.join(', ')}`);
  }
  const stages = known.filter((name) => own.length === 0 || own.includes(name));
  return { stages, vitestArguments, help };
}
