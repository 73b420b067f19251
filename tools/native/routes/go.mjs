import { join } from 'node:path';
import { moduleDirectory, pinHash, pinnedVersion } from '../go-pin.mjs';
import { compareVersions, parseVersion } from '../version.mjs';
import { notFound } from '../attempt.mjs';
import { runCommand } from '../run-command.mjs';
import { storeAndProbe } from '../store-and-probe.mjs';

/** From this version on the go command fetches the newer toolchain that a module asks for by itself. */
const selfUpdatingGo = '1.21.0';
const neededGo = '1.26.0';
const buildTimeoutMs = 30 * 60_000;
const progressMs = 10_000;

/**
 * Builds the pinned version from source with the Go toolchain; `go.sum` vouches for every module.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const goRoute = {
  name: 'go',
  kind: 'fetch',
  async attempt(tool, context) {
    const { goModule } = tool;
    if (goModule === undefined) return notFound('it is not written in Go');
    const refusal = await refuseGo(context.env);
    if (refusal !== undefined) return notFound(refusal);
    const version = pinnedVersion(goModule);
    return await storeAndProbe(tool, context, {
      version,
      key: pinHash(goModule),
      detail: `built from ${goModule.package}@v${version}`,
      produce: (directory) => build({ ...tool, goModule }, context, { directory, version }),
    });
  },
};

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>} why the Go toolchain here will not do
 */
async function refuseGo(env) {
  const go = await runCommand('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], { env });
  if (!go.ok) return 'the Go toolchain is not installed';
  const [goVersion = '', toolchain = ''] = go.stdout.split('\n');
  // Release candidates (go1.27rc1) have no patch number and are new enough for what we ask.
  const version = parseVersion(goVersion.replace(/^go/, '')) ?? `${goVersion.slice(2, 6)}.0`;
  const needed = toolchain.startsWith('local') ? neededGo : selfUpdatingGo;
  if (!/^\d+\.\d+/.test(version) || compareVersions(version, needed) < 0) {
    return `${goVersion} is too old: go ${needed} or newer is needed`;
  }
  return undefined;
}

/**
 * @param {import('../catalogue.mjs').BuiltTool} tool
 * @param {import('../attempt.mjs').Context} context
 * @param {{ directory: string, version: string }} target
 */
async function build(tool, { env, log }, { directory, version }) {
  const { goModule, name } = tool;
  const progress = startProgress((text) => log(`${name}: ${text}`));
  log(`${name}: building ${goModule.package}@v${version} with Go`);
  const variables = goModule.variables(version).map((setting) => `-X ${setting}`);
  const result = await runCommand(
    'go',
    ['build', '-v', '-trimpath', '-mod=readonly', '-buildvcs=false']
      .concat('-ldflags', ['-s', '-w', ...variables].join(' '))
      .concat('-o', join(directory, name), goModule.package),
    {
      cwd: moduleDirectory(goModule),
      env: { ...env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' },
      timeoutMs: buildTimeoutMs,
      background: true,
      onStderr: progress.count,
    },
  );
  const spent = progress.end();
  if (!result.ok) throw new Error(`go build failed: ${result.failure}`);
  log(`${name}: built in ${spent} s`);
}

/**
 * `go build -v` prints one line per compiled package and `go: downloading` per module.
 *
 * @param {(text: string) => void} say
 */
function startProgress(say) {
  const start = Date.now();
  let lines = 0;
  const seconds = () => Math.round((Date.now() - start) / 1000);
  const timer = setInterval(() => {
    say(`still building, ${lines} packages done, ${seconds()} s`);
  }, progressMs);
  return {
    /** @param {string} chunk */
    count: (chunk) => {
      lines += chunk.split('\n').length - 1;
    },
    end: () => {
      clearInterval(timer);
      return seconds();
    },
  };
}
