import { copyFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable } from '../cache.mjs';
import { notFound } from '../attempt.mjs';
import { parseVersion } from '../version.mjs';
import { refuseVersion } from '../probe.mjs';
import { runCommand } from '../run-command.mjs';
import { storeAndProbe } from '../store-and-probe.mjs';

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
      produce: (directory) => unpackPackage(tool, directory, context.env),
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
  const download = await runCommand('apt-get', ['download', '-q', String(debianPackage)], {
    cwd: directory,
    env,
    timeoutMs: aptTimeoutMs,
  });
  if (!download.ok) throw new Error(`apt-get download failed: ${download.failure}`);
  const file = (await readdir(directory)).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get download brought no package');
  const extract = await runCommand('dpkg-deb', ['-x', join(directory, file), unpacked], { env });
  if (!extract.ok) throw new Error(`the package cannot be unpacked: ${extract.failure}`);
  await copyFile(await findProgram(unpacked, name), join(directory, name));
  await rm(unpacked, { recursive: true });
  await rm(join(directory, file));
}

/**
 * @param {string} root
 * @param {string} tool
 */
async function findProgram(root, tool) {
  for (const bin of ['usr/bin', 'usr/sbin', 'bin', 'sbin']) {
    const path = join(root, bin, tool);
    if (await isExecutable(path)) return path;
  }
  throw new Error(`the package has no program ${tool}`);
}
