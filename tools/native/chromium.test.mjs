import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakePrograms, scratchDirectory } from '../testing/fake-programs.mjs';
import { zipOf } from '../testing/zip-of.mjs';
import { resolveTool, ToolUnavailable } from './resolve-tool.mjs';

const chromium = 'echo Chromium 156.0.8078.79 built on Debian';
/** Nothing of these tests may reach the network. */
const noDownload = { PLAYWRIGHT_DOWNLOAD_HOST: 'http://127.0.0.1:1' };

/**
 * @param {import('node:test').TestContext} t
 * @param {Readonly<Record<string, string>>} scripts
 */
function machine(t, scripts) {
  const directory = scratchDirectory(t);
  const bin = fakePrograms(join(directory, 'bin'), scripts);
  const context = {
    env: /** @type {NodeJS.ProcessEnv} */ ({ PATH: bin, HOME: directory, ...noDownload }),
    platform: /** @type {const} */ ({ os: 'linux', arch: 'amd64' }),
    cacheRoot: join(directory, 'cache'),
    isRoot: true,
  };
  return { bin, calls: join(directory, 'calls'), context };
}

for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
  test(`${name} on PATH will do`, async (t) => {
    const { context, bin } = machine(t, { [name]: chromium });
    const { path, version } = await resolveTool('chromium', { context, preferPinned: true });
    assert.deepEqual({ path, version }, { path: join(bin, name), version: '156.0.8078' });
  });
}

/** @param {string} calls */
const apt = (calls) => ({
  'apt-cache': 'echo "  Candidate: 156.0.8078.79-1~deb12u1"',
  'apt-get': `echo "$DEBIAN_FRONTEND $*" >> '${calls}'
    printf '#!/bin/sh\\n${chromium}\\n' > "\${0%/*}/chromium"; /bin/chmod 755 "\${0%/*}/chromium"`,
});

test('root installs it from Debian, without asking and without recommended packages', async (t) => {
  const { context, bin, calls } = machine(t, {});
  fakePrograms(bin, apt(calls));
  const { route, path } = await resolveTool('chromium', { context });
  assert.deepEqual({ route, path }, { route: 'debian-install', path: join(bin, 'chromium') });
  assert.match(
    readFileSync(calls, 'utf8'),
    /^noninteractive install -y -q --no-install-recommends .*chromium\n$/,
  );
});

test('without root nothing is installed, and every route for it says why it does not work', async (t) => {
  const { context, bin, calls } = machine(t, {});
  fakePrograms(bin, apt(calls));
  const error = await resolveTool('chromium', { context: { ...context, isRoot: false } }).then(
    () => assert.fail('a route worked'),
    (reason) => reason,
  );
  assert.ok(error instanceof ToolUnavailable, String(error));
  const reasons = Object.fromEntries(error.attempts.map(({ route, reason }) => [route, reason]));
  assert.match(String(reasons['playwright']), /^playwright-core install failed: .*ECONNREFUSED/);
  assert.deepEqual(
    { ...reasons, playwright: '' },
    {
      variable: 'DRAWBRIDGE_CHROMIUM is not set',
      path: 'not on PATH',
      cache: `not in ${context.cacheRoot}`,
      'debian-install': 'only root may install packages',
      playwright: '',
    },
  );
  assert.throws(() => readFileSync(calls), { code: 'ENOENT' });
});

const onLinux = process.platform === 'linux' && process.arch === 'x64';

test(
  'playwright-core downloads it, and it stays beside its data',
  { skip: !onLinux },
  async (t) => {
    const { context } = machine(t, {});
    const program = `#!/bin/sh\ncase "$1" in --version) ${chromium} ;; *) echo "$0 $*" ;; esac\n`;
    const browser = zipOf('chrome-headless-shell-linux64/chrome-headless-shell', program);
    const ffmpeg = zipOf('ffmpeg-linux', '#!/bin/sh\n');
    const server = createServer(({ url }, response) =>
      response.end(url?.includes('ffmpeg') ? ffmpeg : browser),
    );
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    t.after(() => server.close());
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const env = { ...context.env, PLAYWRIGHT_DOWNLOAD_HOST: `http://127.0.0.1:${port}` };
    const search = { context: { ...context, env, isRoot: false } };

    const { route, path } = await resolveTool('chromium', search);
    assert.equal(route, 'playwright');
    const started = spawnSync(path, ['--headless', 'two words']);
    assert.match(
      String(started.stdout),
      /browsers\/.*\/chrome-headless-shell --headless two words\n$/,
    );
    const again = await resolveTool('chromium', { ...search, lookOnly: true });
    assert.deepEqual([again.route, again.path], ['cache', path]);
  },
);
