import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fakeGo, fakePrograms, scratchDirectory } from '../testing/fake-programs.mjs';
import { catalogue } from './catalogue.mjs';
import { resolveTool, ToolUnavailable } from './resolve-tool.mjs';

const nats = (/** @type {string} */ version) => `echo "nats-server: v${version}"`;
const goneRelease = { version: '2.15.0', url: () => 'http://127.0.0.1:1/nats', sha256: {} };
/** No release: these tests must not depend on whether the machine has a network. */
const natsServer = { ...catalogue['nats-server'], release: goneRelease };

/**
 * A machine whose only programs are the given ones.
 *
 * @param {import('node:test').TestContext} t
 * @param {Readonly<Record<string, string>>} scripts
 */
function machine(t, scripts) {
  const directory = scratchDirectory(t);
  const bin = fakePrograms(join(directory, 'bin'), scripts);
  /** @type {string[]} */
  const lines = [];
  const context = {
    env: /** @type {NodeJS.ProcessEnv} */ ({ PATH: bin }),
    platform: /** @type {const} */ ({ os: 'linux', arch: 'amd64' }),
    cacheRoot: join(directory, 'cache'),
    isRoot: false,
    log: (/** @type {string} */ line) => lines.push(line),
  };
  return { directory, bin, lines, context };
}

/** @param {Promise<unknown>} resolution */
async function reasonsOf(resolution) {
  const error = await resolution.then(
    () => assert.fail('a route worked'),
    (reason) => reason,
  );
  assert.ok(error instanceof ToolUnavailable, String(error));
  return Object.fromEntries(error.attempts.map(({ route, reason }) => [route, reason]));
}

test('the program on PATH is taken when it is new enough', async (t) => {
  const { context, bin } = machine(t, { 'nats-server': nats('2.11.0') });
  assert.deepEqual(await resolveTool('nats-server', { context, tool: natsServer }), {
    tool: 'nats-server',
    path: join(bin, 'nats-server'),
    version: '2.11.0',
    route: 'path',
    detail: 'PATH',
  });
});

test('a program that is too old is passed over for a newer one further along PATH', async (t) => {
  const { context, directory, bin } = machine(t, { 'nats-server': nats('2.9.10') });
  const newer = fakePrograms(join(directory, 'newer'), { 'nats-server': nats('2.12.1') });
  context.env = { PATH: `${bin}:${newer}` };
  const { path } = await resolveTool('nats-server', { context, tool: natsServer });
  assert.equal(path, join(newer, 'nats-server'));
});

test('every route that did not work says why', async (t) => {
  const { context, bin, lines } = machine(t, { 'nats-server': nats('2.9.10') });
  const reasons = await reasonsOf(resolveTool('nats-server', { context, tool: natsServer }));
  assert.deepEqual(reasons, {
    variable: 'DRAWBRIDGE_NATS_SERVER is not set',
    path: `${bin}/nats-server is 2.9.10, which is too old: 2.11.0 or newer is needed`,
    cache: `not in ${context.cacheRoot}`,
    release: 'no checksum is pinned for linux-amd64',
    go: 'the Go toolchain is not installed',
    debian: 'apt is not installed',
    docker: 'no Docker engine answers',
  });
  assert.deepEqual(
    lines,
    Object.entries(reasons).map(([route, reason]) => `nats-server: ${route}: ${reason}`),
  );
});

test('a program that does not run is told apart from one that is missing', async (t) => {
  const { context, bin } = machine(t, { 'nats-server': 'echo "cannot load libc" >&2; exit 127' });
  const reasons = await reasonsOf(resolveTool('nats-server', { context, tool: natsServer }));
  assert.equal(reasons['path'], `${bin}/nats-server does not work: cannot load libc`);
});

test('a kubectl that is a wrapper of another program will do', async (t) => {
  const { context } = machine(t, {
    kubectl: `echo '{"clientVersion":{"minor":"32+","gitVersion":"v1.32.4-dispatcher"}}'`,
  });
  const { version, route } = await resolveTool('kubectl', { context });
  assert.deepEqual({ version, route }, { version: '1.32.4-dispatcher', route: 'path' });
});

test('a program named by its variable comes before PATH', async (t) => {
  const { context, directory } = machine(t, { 'nats-server': nats('2.15.0') });
  const chosen = join(fakePrograms(join(directory, 'chosen'), { nats: nats('2.11.9') }), 'nats');
  context.env = { ...context.env, DRAWBRIDGE_NATS_SERVER: chosen };
  const { path, route } = await resolveTool('nats-server', { context, tool: natsServer });
  assert.deepEqual({ path, route }, { path: chosen, route: 'variable' });
});

test('a wrongly named program is not replaced in silence', async (t) => {
  const { context } = machine(t, { 'nats-server': nats('2.15.0') });
  context.env = { ...context.env, DRAWBRIDGE_NATS_SERVER: '/nowhere/nats-server' };
  const reasons = await reasonsOf(resolveTool('nats-server', { context, tool: natsServer }));
  assert.deepEqual(Object.keys(reasons), ['variable']);
  assert.match(String(reasons['variable']), /\/nowhere\/nats-server does not work/);
});

test('an apiserver of another minor release is refused, also from KUBEBUILDER_ASSETS', async (t) => {
  const { context, directory } = machine(t, {});
  const assets = fakePrograms(join(directory, 'assets'), {
    'kube-apiserver': 'echo Kubernetes v1.34.1',
  });
  context.env = { ...context.env, KUBEBUILDER_ASSETS: assets };
  const reasons = await reasonsOf(resolveTool('kube-apiserver', { context }));
  assert.equal(
    reasons['kubebuilder'],
    `${assets}/kube-apiserver is 1.34.1, but all parts of the control plane must be 1.36`,
  );
});

test('etcd of KUBEBUILDER_ASSETS will do', async (t) => {
  const { context, directory } = machine(t, {});
  const assets = fakePrograms(join(directory, 'assets'), { etcd: 'echo etcd Version: 3.6.4' });
  context.env = { ...context.env, KUBEBUILDER_ASSETS: assets };
  assert.equal((await resolveTool('etcd', { context })).route, 'kubebuilder');
});

test('a build is kept and found again; looking only never builds', async (t) => {
  const { context, directory } = machine(t, {});
  const log = join(directory, 'builds');
  fakePrograms(join(directory, 'bin'), { go: fakeGo({ version: '3.6.16', log }) });
  const before = await reasonsOf(resolveTool('etcd', { context, lookOnly: true }));
  assert.deepEqual(Object.keys(before), ['variable', 'kubebuilder', 'path', 'cache']);

  const built = await resolveTool('etcd', { context });
  const found = await resolveTool('etcd', { context, lookOnly: true });
  assert.deepEqual([built.route, found.route], ['go', 'cache']);
  assert.equal(found.path, built.path);
  assert.equal(readFileSync(log, 'utf8'), 'build\n');
});

test('a build that tells a version which is too old is not kept', async (t) => {
  const { context, directory } = machine(t, {});
  const log = join(directory, 'builds');
  fakePrograms(join(directory, 'bin'), { go: fakeGo({ version: '3.4.0', log }) });
  const reasons = await reasonsOf(resolveTool('etcd', { context }));
  assert.equal(reasons['go'], 'what came is 3.4.0, which is too old: 3.5.13 or newer is needed');
  const again = await reasonsOf(resolveTool('etcd', { context, lookOnly: true }));
  assert.equal(again['cache'], `not in ${context.cacheRoot}`);
});

test('a Go toolchain that may not update itself must be new enough by itself', async (t) => {
  const { context } = machine(t, { go: "printf 'go1.22.3\\nlocal\\n'" });
  const reasons = await reasonsOf(resolveTool('etcd', { context }));
  assert.equal(reasons['go'], 'go1.22.3 is too old: go 1.26.0 or newer is needed');
});

test('the pinned version comes first where tests ask for it', async (t) => {
  const { context, directory } = machine(t, { etcd: 'echo etcd Version: 3.6.0' });
  const log = join(directory, 'builds');
  fakePrograms(join(directory, 'bin'), { go: fakeGo({ version: '3.6.16', log }) });
  const { route } = await resolveTool('etcd', { context, preferPinned: true });
  assert.equal(route, 'go');
});

test('two processes that need the same build make it once', async (t) => {
  const { directory } = machine(t, {});
  const log = join(directory, 'builds');
  const bin = fakePrograms(join(directory, 'bin'), {
    go: fakeGo({ version: '3.6.16', log, seconds: 1 }),
  });
  const env = { PATH: bin, DRAWBRIDGE_CACHE: join(directory, 'cache') };
  const script = fileURLToPath(new URL('resolve.mjs', import.meta.url));
  const run = () =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [script, 'etcd', '--json', '--quiet'], { env });
      let out = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.on('close', (code) => resolve({ code, version: JSON.parse(out).version }));
    });
  const ended = { code: 0, version: '3.6.16' };
  assert.deepEqual(await Promise.all([run(), run()]), [ended, ended]);
  assert.equal(readFileSync(log, 'utf8'), 'build\n');
});

test('a release is downloaded, checked, unpacked and kept', async (t) => {
  const { context, directory } = machine(t, {});
  const stem = 'nats-server-v2.15.0-linux-amd64';
  fakePrograms(join(directory, stem), { 'nats-server': nats('2.15.0') });
  const archive = join(directory, 'nats.tar.gz');
  assert.equal(spawnSync('tar', ['-czf', archive, '-C', directory, stem]).status, 0);
  const bytes = readFileSync(archive);
  const server = createServer((_request, response) => response.end(bytes));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => server.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const release = {
    version: '2.15.0',
    url: () => `http://127.0.0.1:${port}/nats.tar.gz`,
    member: () => `${stem}/nats-server`,
    sha256: { 'linux-amd64': createHash('sha256').update(bytes).digest('hex') },
  };
  context.env = { PATH: `${context.env['PATH']}:/usr/bin:/bin` };
  const onlyRelease = { ...natsServer, minimum: '2.15.0', release };
  const search = { context, tool: onlyRelease, preferPinned: true };
  assert.equal((await resolveTool('nats-server', search)).route, 'release');
  assert.equal((await resolveTool('nats-server', search)).route, 'cache');

  const tampered = { ...release, sha256: { 'linux-amd64': '0'.repeat(64) } };
  const alone = { ...context, env: { PATH: join(directory, 'empty') } };
  const reasons = await reasonsOf(
    resolveTool('nats-server', { context: alone, tool: { ...natsServer, release: tampered } }),
  );
  assert.match(String(reasons['release']), /checksum mismatch: expected sha256 0{64}, got/);
});

test("Debian 12's nats-server is refused before it is downloaded", async (t) => {
  const { context } = machine(t, {
    'apt-cache': 'echo "  Candidate: 2.9.10-1+b3"',
    'apt-get': 'echo "nothing must be downloaded" >&2; exit 1',
  });
  const reasons = await reasonsOf(resolveTool('nats-server', { context, tool: natsServer }));
  assert.equal(
    reasons['debian'],
    'package nats-server is 2.9.10-1+b3, which is too old: 2.11.0 or newer is needed',
  );
});

test('a new enough Debian package is unpacked, not installed', async (t) => {
  const { context } = machine(t, {
    'apt-cache': 'echo "  Candidate: 2.12.0-1"',
    'apt-get': '[ "$1" = download ] || exit 1; echo > nats-server_2.12.0-1_amd64.deb',
    'dpkg-deb': `/bin/mkdir -p "$3/usr/sbin"
      printf '#!/bin/sh\\n${nats('2.12.0')}\\n' > "$3/usr/sbin/nats-server"
      /bin/chmod 755 "$3/usr/sbin/nats-server"`,
  });
  const { route, path } = await resolveTool('nats-server', { context, tool: natsServer });
  assert.equal(route, 'debian');
  assert.ok(path.startsWith(context.cacheRoot));
  assert.equal((await resolveTool('nats-server', { context, tool: natsServer })).route, 'cache');
});

test('a program is copied out of its image and the container removed', async (t) => {
  const { context, directory } = machine(t, {});
  const calls = join(directory, 'calls');
  fakePrograms(join(directory, 'bin'), {
    docker: `echo "$*" >> '${calls}'
      case "$1" in
        version) echo 28.0.0 ;;
        create) echo c0ffee ;;
        cp) printf '#!/bin/sh\\n${nats('2.15.2')}\\n' > "$3" ;;
      esac`,
  });
  const { route, path } = await resolveTool('nats-server', { context, tool: natsServer });
  assert.equal(route, 'docker');
  const target = readFileSync(calls, 'utf8').match(/cp c0ffee:\S+ (\S+)/)?.[1] ?? '';
  assert.deepEqual(readFileSync(calls, 'utf8').trim().split('\n'), [
    'version --format {{.Server.Version}}',
    'pull --quiet nats:2.15.2-alpine',
    'create nats:2.15.2-alpine /usr/local/bin/nats-server',
    `cp c0ffee:/usr/local/bin/nats-server ${target}`,
    'rm --force c0ffee',
  ]);
  assert.equal(dirname(dirname(path)), dirname(dirname(target)));
});

test('the command line names unknown tools and flags', () => {
  const script = fileURLToPath(new URL('resolve.mjs', import.meta.url));
  const run = (/** @type {string[]} */ ...args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args]);
    return { status, stdout: String(stdout), stderr: String(stderr) };
  };
  assert.match(run('natsd').stderr, /^unknown tool "natsd"; expected one of: nats-server, kubectl/);
  assert.equal(run('natsd').status, 2);
  assert.equal(run('etcd', '--jsn').status, 2);
  assert.equal(run().stdout, '');
});

test('the command line ends with 1 and no output when no route worked', () => {
  const script = fileURLToPath(new URL('resolve.mjs', import.meta.url));
  const env = { PATH: '/nowhere', DRAWBRIDGE_ETCD: '/nowhere/etcd' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'etcd'], { env });
  assert.deepEqual({ status, stdout: String(stdout) }, { status: 1, stdout: '' });
  assert.match(String(stderr), /etcd: variable: DRAWBRIDGE_ETCD: \/nowhere\/etcd does not work/);
});
