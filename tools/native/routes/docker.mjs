import { join } from 'node:path';
import { notFound } from '../attempt.mjs';
import { pinnedVersion } from '../go-pin.mjs';
import { runCommand } from '../run-command.mjs';
import { storeAndProbe } from '../store-and-probe.mjs';

const pullTimeoutMs = 5 * 60_000;

/**
 * The program copied out of the vendor's container image. The images hold Linux programs, so this
 * helps on Linux only.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const dockerRoute = {
  name: 'docker',
  kind: 'fetch',
  async attempt(tool, context) {
    if (context.platform.os !== 'linux') return notFound('images hold Linux programs only');
    const { docker: copy, goModule } = tool;
    if (copy === undefined || goModule === undefined) return notFound('no image holds it');
    const { env, log } = context;
    const engine = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], {
      env,
      timeoutMs: 5_000,
    });
    if (!engine.ok) return notFound('no Docker engine answers');
    const version = pinnedVersion(goModule);
    const image = copy.image(version);
    return await storeAndProbe(tool, context, {
      version,
      key: 'docker',
      detail: `copied from image ${image}`,
      produce: async (directory) => {
        log(`${tool.name}: pulling image ${image}`);
        await copyOut({ image, path: copy.path, env }, join(directory, tool.name));
      },
    });
  },
};

/**
 * @param {{ image: string, path: string, env: NodeJS.ProcessEnv }} source
 * @param {string} target
 */
async function copyOut({ image, path, env }, target) {
  await docker(['pull', '--quiet', image], env);
  const container = (await docker(['create', image, path], env)).trim();
  try {
    await docker(['cp', `${container}:${path}`, target], env);
  } finally {
    await docker(['rm', '--force', container], env);
  }
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function docker(args, env) {
  const result = await runCommand('docker', args, { env, timeoutMs: pullTimeoutMs });
  if (!result.ok) throw new Error(`docker ${args[0]} failed: ${result.failure}`);
  return result.stdout;
}
