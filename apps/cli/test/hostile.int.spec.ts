import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createCertificateAuthority, type CertificateAuthority } from '@drawbridge/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildCli, Somebody } from './drawbridge.js';

let somebody: Somebody;
const closers: (() => Promise<void>)[] = [];

beforeAll(buildCli);
beforeEach(async () => {
  somebody = await Somebody.with({ DRAWBRIDGE_TOKEN: 'canary-token' });
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await somebody.remove();
});
afterAll(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Stub {
  readonly url: string;
  readonly seen: { readonly path: string; readonly token: string | undefined }[];
}

/** A server that is not Drawbridge, or not the right one. */
async function stub(answer: RequestListener, tls?: { key: string; cert: string }): Promise<Stub> {
  const seen: Stub['seen'] = [];
  const listener: RequestListener = (request, response) => {
    seen.push({ path: request.url ?? '', token: request.headers.authorization });
    answer(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, seen };
}

async function certificateOf(authority: CertificateAuthority) {
  const { certificate: cert, key } = await authority.issueServer(['127.0.0.1']);
  return { cert, key };
}

const json = (status: number, body: unknown, headers = {}): RequestListener => {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
};
const errorOf = (stdout: string) => (JSON.parse(stdout) as { error: { code: string } }).error;

describe('the token', () => {
  it('is not sent in the clear', async () => {
    const result = await somebody.drawbridge('whoami', '--server', 'http://drawbridge.corp.test');
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('server_insecure');
  });

  it('is not sent to a server whose certificate nobody vouches for, and no option allows it', async () => {
    const authority = await createCertificateAuthority('Somebody');
    const server = await stub(json(200, {}), await certificateOf(authority));
    const result = await somebody.drawbridge('whoami', '--server', server.url);
    expect(result.code).toBe(9);
    expect(result.stderr).toMatch(/server_unreachable/);
    const forced = somebody.but({ NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect((await forced.drawbridge('whoami', '--server', server.url)).code).not.toBe(0);
    expect(server.seen).toEqual([]);
  });

  it('is sent to one that a given certificate authority vouches for', async () => {
    const authority = await createCertificateAuthority('Company');
    const server = await stub(
      json(200, { kind: 'agent', issuer: 'https://idp.test', subject: 'me', groups: [] }),
      await certificateOf(authority),
    );
    const file = join(somebody.home, 'ca.pem');
    await writeFile(file, authority.certificate);
    const args = ['whoami', '--server', server.url, '--certificate-authority', file];
    expect(await somebody.drawbridge(...args)).toMatchObject({ code: 0 });
    expect(server.seen).toEqual([{ path: '/v1/me', token: 'Bearer canary-token' }]);
  });

  it('does not follow a redirect', async () => {
    const target = await stub(json(200, {}));
    const server = await stub(json(307, {}, { location: `${target.url}/v1/me` }));
    const result = await somebody.drawbridge('whoami', '--server', server.url);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('answer_unreadable');
    expect(target.seen).toEqual([]);
  });

  it('does not go where an https server leads in the clear', async () => {
    const authority = await createCertificateAuthority('Company');
    const audit = await stub(json(200, { items: [] }));
    const discovery = {
      ingress: 'https://127.0.0.1:1',
      approvals: audit.url,
      audit: audit.url,
      gateway: 'https://127.0.0.1:2',
      issuers: [],
    };
    const server = await stub(json(200, discovery), await certificateOf(authority));
    const file = join(somebody.home, 'ca.pem');
    await writeFile(file, authority.certificate);
    const args = ['--server', server.url, '--certificate-authority', file];
    for (const command of [['audit', 'events'], ['approvals']]) {
      const result = await somebody.drawbridge(...command, ...args);
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toContain('server_insecure');
    }
    expect(audit.seen).toEqual([]);
  });

  it('stands in no output', async () => {
    const server = await stub(json(500, { oops: 'canary-answer' }));
    for (const args of [['whoami'], ['status'], ['list', '-o', 'json'], ['audit', 'events']]) {
      const { stdout, stderr } = await somebody.drawbridge(...args, '--server', server.url);
      expect(stdout + stderr).not.toContain('canary');
    }
  });

  it('of a login is not shown to another server than that of the login', async () => {
    const { home } = somebody;
    const directory = join(home, 'config/drawbridge');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    const login = { type: 'agent', issuer: 'http://127.0.0.1:1', clientId: 'agent' };
    const options = { mode: 0o600 };
    const server = await stub(json(200, {}));
    const profile = JSON.stringify({ server: 'https://drawbridge.corp.test', login });
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await writeFile(join(directory, 'default.profile.json'), profile, options);
    const token = JSON.stringify({ accessToken: 'canary', expiresAt });
    await writeFile(join(directory, 'default.token.json'), token, options);
    const result = await somebody
      .but({ DRAWBRIDGE_TOKEN: '' })
      .drawbridge('whoami', '--server', server.url);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('server_mismatch');
    expect(server.seen).toEqual([]);
  });
});

describe('an answer', () => {
  it('that is not of Drawbridge is an error, with a status that says well done too', async () => {
    const server = await stub((_, response) => response.end('<html>welcome</html>'));
    const result = await somebody.drawbridge('whoami', '--server', server.url, '-o', 'json');
    expect(result).toMatchObject({ code: 1, stderr: '' });
    expect(errorOf(result.stdout).code).toBe('answer_unreadable');
  });

  it('is neutralised, also in JSON and in problems', async () => {
    const hostile = '\u001b[31mred\u202e\u0007';
    const me = { kind: 'agent', issuer: 'https://idp.test', subject: hostile, groups: [hostile] };
    const server = await stub(json(200, me));
    const problem = { type: 'x', title: hostile, status: 403, code: 'no', detail: hostile };
    const refusing = await stub(json(403, problem));
    for (const output of ['text', 'json']) {
      const shown = await somebody.drawbridge('whoami', '--server', server.url, '-o', output);
      expect(shown.code).toBe(0);
      const refused = await somebody.drawbridge('whoami', '--server', refusing.url, '-o', output);
      expect(refused.code).toBe(4);
      const all = shown.stdout + refused.stdout + refused.stderr;
      expect(all).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
      if (output === 'json') expect(JSON.parse(shown.stdout)).toEqual(me);
    }
  });

  it('is asked for again while a service starts', async () => {
    let calls = 0;
    const me = { kind: 'agent', issuer: 'https://idp.test', subject: 'me', groups: [] };
    const problem = { type: 'x', title: 'x', status: 503, code: 'later', detail: 'x' };
    const server = await stub((request, response) => {
      calls += 1;
      (calls < 3 ? json(503, problem) : json(200, me))(request, response);
    });
    expect((await somebody.drawbridge('whoami', '--server', server.url)).code).toBe(0);
    expect(calls).toBe(3);
  });

  it('that never comes because nobody is there has an exit code of its own', async () => {
    const { url } = await stub(json(200, {}));
    for (const close of closers.splice(0)) await close();
    const result = await somebody.drawbridge('whoami', '--server', url);
    expect(result.code).toBe(9);
    expect(result.stderr).toContain(`${url} cannot be reached (ECONNREFUSED)`);
  });
});

describe('files', () => {
  const secretFile = () => join(somebody.home, 'config/drawbridge/default.token.json');
  beforeEach(async () => {
    const directory = join(somebody.home, 'config/drawbridge');
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o700);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await writeFile(secretFile(), JSON.stringify({ accessToken: 'canary', expiresAt }));
    await chmod(secretFile(), 0o600);
  });
  const credential = () => somebody.but({ DRAWBRIDGE_TOKEN: '' }).drawbridge('credential');

  it('that only their owner can read are used', async () => {
    expect((await credential()).code).toBe(0);
  });

  it.each([0o640, 0o604, 0o660, 0o644])('of mode %o are refused', async (mode) => {
    await chmod(secretFile(), mode);
    expect(await credential()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('chmod 600') as string,
    });
  });

  it('in a directory that others can enter are refused', async () => {
    await chmod(join(somebody.home, 'config/drawbridge'), 0o755);
    expect((await credential()).stderr).toContain('chmod 700');
  });

  it('behind a link are refused', async () => {
    const elsewhere = join(somebody.home, 'elsewhere');
    await writeFile(elsewhere, await readFile(secretFile()), { mode: 0o600 });
    const link = join(somebody.home, 'config/drawbridge/other.token.json');
    await symlink(elsewhere, link);
    const result = await somebody
      .but({ DRAWBRIDGE_TOKEN: '', DRAWBRIDGE_PROFILE: 'other' })
      .drawbridge('credential');
    expect(result.code).toBe(1);
  });

  it.each(['../../etc/passwd', 'a/b', '.hidden', '', 'x'.repeat(64)])(
    'cannot be led elsewhere by the profile name %j',
    async (name) => {
      const result = await somebody.drawbridge(
        'whoami',
        `--profile=${name}`,
        '--server',
        'https://x',
      );
      expect(result).toMatchObject({ code: 2 });
    },
  );

  it('that are kubeconfigs of somebody else are left as they were', async () => {
    const discovery = {
      ingress: 'http://127.0.0.1:1',
      approvals: 'http://127.0.0.1:1',
      audit: 'http://127.0.0.1:1',
      gateway: 'https://gateway.test',
      issuers: [],
    };
    const server = await stub(json(200, discovery));
    const args = ['kubeconfig', '-c', 'prod-eks', '--server', server.url, '-f'];
    const notes = join(somebody.home, 'notes');
    await writeFile(notes, 'just: [some, notes');
    expect((await somebody.drawbridge(...args, notes, '--force')).stderr).toContain(
      'kubeconfig_invalid',
    );
    expect(await readFile(notes, 'utf8')).toBe('just: [some, notes');

    const own = join(somebody.home, 'own');
    const before =
      'apiVersion: v1\nkind: Config\ncurrent-context: mine\nclusters:\n- name: mine\n  cluster: {server: "https://mine"}\n';
    await writeFile(own, before, { mode: 0o644 });
    expect((await somebody.drawbridge(...args, own)).code).toBe(0);
    const after = await readFile(own, 'utf8');
    expect(after).toMatch(/name: mine[\s\S]*name: drawbridge-prod-eks[\s\S]*current-context: mine/);
    expect((await stat(own)).mode & 0o777).toBe(0o600);
  });

  it('do not get a gateway without TLS', async () => {
    const discovery = {
      ingress: 'http://127.0.0.1:1',
      approvals: 'http://127.0.0.1:1',
      audit: 'http://127.0.0.1:1',
      gateway: 'http://127.0.0.1:1',
      issuers: [],
    };
    const server = await stub(json(200, discovery));
    const result = await somebody.drawbridge(
      'kubeconfig',
      '-c',
      'x',
      '--server',
      server.url,
      '-f',
      '-',
    );
    expect(result).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('the command line', () => {
  it.each([
    [[]],
    [['nonsense']],
    [['request']],
    [['request', '-c', 'x', '-d', '5m', '-r', 'why']],
    [['request', '-c', 'X_Y', '-a', 'view', '-d', '5m', '-r', 'why']],
    [['request', '-c', 'x', '-a', 'view', '-d', 'long', '-r', 'why']],
    [['request', '-c', 'x', '-a', 'view', '-d', '1s', '-r', 'why']],
    [['request', '-c', 'x', '-a', 'view', '-d', '5m', '-r', 'why\u202e']],
    [['request', '-c', 'x', '-a', 'view', '-d', '5m', '-r', 'why', '--wait=soon']],
    [['status', '--wait=soon']],
    [['status', 'one', 'two']],
    [['status', '-o', 'yaml']],
    [['list', '--status', 'wild']],
    [['audit']],
    [['audit', 'commands', '--since', 'yesterday']],
    [['audit', 'commands', '--limit', '0']],
    [['approve']],
    [['login', '--client-secret-file', 'x']],
    [['login', '--client-id', 'a', '--token-file', 'b']],
    [['whoami', '--colour']],
    [['whoami']],
  ])('%j is a usage error', async (args) => {
    const { code, stderr } = await somebody.drawbridge(...args);
    expect({ code, said: stderr !== '' }).toEqual({ code: 2, said: true });
  });

  it('tells usage errors in JSON too', async () => {
    const { code, stdout, stderr } = await somebody.drawbridge('request', '-o', 'json');
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(errorOf(stdout).code).toBe('usage_invalid');
  });

  it.each(
    [
      ...[[], ['login'], ['logout'], ['whoami'], ['request'], ['status'], ['list'], ['withdraw']],
      ...[['kubeconfig'], ['approvals'], ['approve'], ['deny'], ['audit'], ['audit', 'commands']],
      ['audit', 'events'],
    ].map((args) => [args]),
  )('%j has help', async (args) => {
    const { code, stdout, stderr } = await somebody.drawbridge(...args, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: drawbridge/);
    if (args[0] !== 'audit' || args.length > 1) expect(stdout).toContain('Examples:');
  });
});
