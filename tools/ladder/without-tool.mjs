import { oneFailed, oneSkipped } from './tally.mjs';

/**
 * The verdict on a stage whose program cannot be had. On a developer's machine it is skipped, with the
 * reason. Continuous integration that may install packages has no excuse: there it has failed, so that a
 * stage cannot vanish unnoticed.
 *
 * @param {string} stage
 * @param {import('../native/resolve-tool.mjs').ToolUnavailable} missing
 * @param {object} [machine]
 * @param {NodeJS.ProcessEnv} [machine.env]
 * @param {boolean} [machine.isRoot]
 * @returns {import('./tally.mjs').Tally}
 */
export function withoutTool(stage, missing, { env = process.env, isRoot = runsAsRoot() } = {}) {
  const reasons = missing.attempts.map(({ route, reason }) => `${route}: ${reason}`).join('; ');
  const reason = `no ${missing.tool}: ${reasons}`;
  const hasApt = !missing.attempts.some((attempt) => aptIsMissing(attempt));
  return env['CI'] === 'true' && isRoot && hasApt
    ? oneFailed(`${stage}: ${reason}`)
    : oneSkipped({ name: stage, reason });
}

const runsAsRoot = () => process.getuid?.() === 0;

/** @param {{ route: string, reason: string }} attempt */
const aptIsMissing = ({ route, reason }) =>
  route === 'debian-install' && ['apt is not installed', 'this is not Debian'].includes(reason);
