import { notFound } from '../attempt.mjs';
import { refuseVersion } from '../probe.mjs';
import { runCommand } from '../run-command.mjs';
import { findCandidate } from './debian.mjs';
import { pathRoute } from './path.mjs';

const installTimeoutMs = 10 * 60_000;

/**
 * Installs Debian's package, for a program that is nothing without the libraries that the package asks
 * for. Only as root, and only packages that start no service.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const debianInstallRoute = {
  name: 'debian-install',
  kind: 'fetch',
  async attempt(tool, context) {
    const { debianPackage, installDebian } = tool;
    if (debianPackage === undefined || !installDebian) return notFound('nothing to install');
    if (context.platform.os !== 'linux') return notFound('this is not Debian');
    if (!context.isRoot) return notFound('only root may install packages');
    const candidate = await findCandidate(debianPackage, context);
    if (!candidate.ok) return candidate;
    const refusal = refuseVersion(tool, candidate.version);
    if (refusal !== undefined) return notFound(`package ${debianPackage} is ${refusal}`);
    const failure = await install(debianPackage, context);
    return failure === undefined ? await pathRoute.attempt(tool, context) : notFound(failure);
  },
};

/**
 * @param {string} name of the package
 * @param {import('../attempt.mjs').Context} context
 * @returns {Promise<string | undefined>} why it failed
 */
async function install(name, { env, log }) {
  const options = {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: installTimeoutMs,
  };
  const args = ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  log(`${name}: installing Debian package ${name}`);
  const first = await runCommand('apt-get', [...args, name], options);
  if (first.ok) return undefined;
  // Package lists that are older than the archive name files that are gone.
  log(`${name}: ${first.failure}; running apt-get update`);
  await runCommand('apt-get', ['update', '-q'], options);
  const second = await runCommand('apt-get', [...args, name], options);
  return second.ok ? undefined : `apt-get install failed: ${second.failure}`;
}
