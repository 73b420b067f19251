import { compareVersions, minorOf, parseVersion } from './version.mjs';
import { pinnedVersion } from './go-pin.mjs';
import { runCommand } from './run-command.mjs';

/**
 * Starts a program to learn its version and whether that will do.
 *
 * @param {import('./catalogue.mjs').Tool} tool
 * @param {string} path
 * @returns {Promise<{ ok: true, version: string } | { ok: false, reason: string }>}
 */
export async function probe(tool, path) {
  const result = await runCommand(path, tool.versionArgs);
  if (!result.ok && tool.versionFails !== true) {
    return { ok: false, reason: `${path} does not work: ${result.failure}` };
  }
  const version = parseVersion(result.stdout) ?? parseVersion(result.stderr);
  if (version === undefined) return { ok: false, reason: `${path} does not tell its version` };
  const refusal = refuseVersion(tool, version);
  return refusal === undefined
    ? { ok: true, version }
    : { ok: false, reason: `${path} is ${refusal}` };
}

/**
 * @param {import('./catalogue.mjs').Tool} tool
 * @param {string} version
 * @returns {string | undefined} why this version will not do; `undefined` when it will
 */
export function refuseVersion(tool, version) {
  if (compareVersions(version, tool.minimum) < 0) {
    return `${version}, which is too old: ${tool.minimum} or newer is needed`;
  }
  const { goModule, sameMinorAsPin } = tool;
  const pin = sameMinorAsPin && goModule ? minorOf(pinnedVersion(goModule)) : undefined;
  if (pin !== undefined && minorOf(version) !== pin) {
    return `${version}, but all parts of the control plane must be ${pin}`;
  }
  return undefined;
}
