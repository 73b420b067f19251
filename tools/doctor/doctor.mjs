import { LaunchError } from '../launcher/workspace.mjs';
import { isHealthy } from './check.mjs';
import { machineChecks } from './machine-checks.mjs';
import { programChecks } from './program-checks.mjs';
import { toolChecks } from './tool-checks.mjs';

/**
 * `./drawbridge doctor [-o json]`: what is on this machine, what is missing and how to get it. Looks
 * only; works before anything is installed.
 *
 * @param {string[]} args
 * @returns {Promise<number>} exit code: 1 when something that the demo needs is missing
 */
export async function doctor(args) {
  const json = parseOutput(args) === 'json';
  const checkUps = [...programChecks(), ...toolChecks(), ...machineChecks()];
  const checks = await Promise.all(checkUps.map(async (checkUp) => await checkUp()));
  const healthy = isHealthy(checks);
  process.stdout.write(
    json ? `${JSON.stringify({ healthy, checks }, null, 2)}\n` : render(checks, healthy),
  );
  return healthy ? 0 : 1;
}

/**
 * @param {string[]} args
 * @returns {'table' | 'json'}
 */
function parseOutput(args) {
  const given = args.join(' ');
  if (given === '') return 'table';
  if (/^(-o|--output)[ =](json|table)$/.test(given)) {
    return given.endsWith('json') ? 'json' : 'table';
  }
  throw new LaunchError(`doctor: unknown argument "${given}"; expected nothing or -o json`);
}

const marks = { ok: 'ok', obtainable: 'later', missing: 'MISSING' };

/**
 * @param {readonly import('./check.mjs').Check[]} checks
 * @param {boolean} healthy
 */
function render(checks, healthy) {
  const lines = checks.map(({ name, status, required, found, hint }) => {
    const mark = status === 'missing' && !required ? 'absent' : marks[status];
    return `${mark.padEnd(8)}${name.padEnd(25)}${[found, hint].filter(Boolean).join('; ')}`;
  });
  const verdict = healthy
    ? 'Everything the demo needs is here or will be fetched when it is needed.'
    : 'Something the demo needs is missing: see MISSING above.';
  return [...lines, '', verdict, ''].join('\n');
}
