import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { notFound } from '../attempt.mjs';
import { parseVersion } from '../version.mjs';
import { refuseVersion } from '../probe.mjs';
import { runCommand } from '../run-command.mjs';
import { storeAndProbe } from '../store-and-probe.mjs';
import { unpackWithLibraries } from './debian-libraries.mjs';
import { findProgram, unpack } from './debian-unpack.mjs';

const aptTimeoutMs = 120_000;

/**
 * The program out of Debian's package. The package is unpacked, not installed: installing
 * `nats-server` or `etcd-server` would start a system service on the default port, and unpacking
 * needs no root. Root is needed only to fetch package lists where there are none.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const debianRoute = {
  name: 'debian',
  kind: 'fetch',
  async attempt(tool, context) {
    if (tool.debianPackage === undefined) return notFound('Debian has no package of it');
    if (context.platform.os !== 'linux') return notFound('this is not Debian');
    const candidate = await findCandidate(tool.debianPackage, context);
    if (!candidate.ok) return candidate;
    const { version } = candidate;
    const refusal = refuseVersion(tool, version);
    if (refusal !== undefined) return notFound(`package ${tool.debianPackage} is ${refusal}`);
    return await storeAndProbe(tool, context, {
      version,
      key: 'debian',
      detail: `Debian package ${tool.debianPackage}`,
      produce: (directory) =>
        tool.debianDependencies === true
          ? unpackWithLibraries(tool, directory, context.env)
          : unpackPackage(tool, directory, context.env),
    });
  },
};

/**
 * Which version of a package apt would take.
 *
 * @param {string} name of the package
 * @param {import('../attempt.mjs').Context} context
 * @returns {Promise<{ ok: true, version: string } | import('../attempt.mjs').NotFound>}
 */
export async function findCandidate(name, { isRoot, log, env }) {
  if (!(await runCommand('apt-cache', ['--version'], { env })).ok) {
    return notFound('apt is not installed');
  }
  let version = await candidateVersion(name, env);
  if (version === undefined && isRoot) {
    log(`${name}: no package list; running apt-get update`);
    await runCommand('apt-get', ['update', '-q'], { env, timeoutMs: aptTimeoutMs });
    version = await candidateVersion(name, env);
  }
  return version === undefined ? notFound(`apt knows no package ${name}`) : { ok: true, version };
}

/**
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>}
 */
async function candidateVersion(name, env) {
  const policy = await runCommand('apt-cache', ['policy', name], { env: { ...env, LC_ALL: 'C' } });
  const candidate = /Candidate: (\S+)/.exec(policy.stdout)?.[1];
  return candidate === undefined ? undefined : parseVersion(candidate);
}

/**
 * @param {import('../catalogue.mjs').Tool} tool
 * @param {string} directory
 * @param {NodeJS.ProcessEnv} env
 */
async function unpackPackage({ name, debianPackage }, directory, env) {
  const unpacked = join(directory, 'unpacked');
  await unpack(String(debianPackage), { directory, unpacked, env });
  await copyFile(await findProgram(unpacked, name), join(directory, name));
  await rm(unpacked, { recursive: true });
}
