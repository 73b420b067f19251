import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordCommands } from '@drawbridge/jetstream';
import { eventually, startTimeStamper, type TestTimeStamper } from '@drawbridge/testing';
import { uuidV7 } from '@drawbridge/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCli, Somebody, type Result } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

const MESSAGES = 9;
const bound = { timeoutMs: 60_000 };
const [earliest, proven] = [uuidV7(new Date()), uuidV7(new Date())];

let services: RealServices;
let bob: Somebody;
let directory: string;
let publicKey: string;
let keptNote: string;
let stamper: TestTimeStamper;

const pemOf = (key: ReturnType<typeof generateKeyPairSync>['privateKey']) =>
  key.export({ format: 'pem', type: 'pkcs8' }).toString();

beforeAll(async () => {
  await buildCli();
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-verify-'));
  const { privateKey } = generateKeyPairSync('ed25519');
  const keyFile = join(directory, 'key.pem');
  await writeFile(keyFile, pemOf(privateKey), { mode: 0o600 });
  publicKey = join(directory, 'public.pem');
  const spki = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' });
  await writeFile(publicKey, spki);
  stamper = await startTimeStamper();
  services = await startRealServices(undefined, {
    AUDIT_SIGNING_KEY_FILE: keyFile,
    AUDIT_LOG_NAME: 'audit.test',
    AUDIT_SEAL_SECONDS: '1',
    AUDIT_TIMESTAMP_URL: stamper.url,
    AUDIT_TIMESTAMP_CA_FILE: join(stamper.directory, 'ca.pem'),
    AUDIT_TIMESTAMP_SECONDS: '1',
  });
  bob = await Somebody.with({ DRAWBRIDGE_URL: services.server });
  await logIn();
  await recordCommands(services.connection, refused(earliest));
  for (let n = 2; n < MESSAGES; n += 1) await recordCommands(services.connection, refused());
  await recordCommands(services.connection, refused(proven));
  await eventually(async () => {
    const { streams } = JSON.parse((await verify('-o', 'json')).stdout) as Report;
    expect(streams).toMatchObject([{ stream: 'COMMANDS', verified: MESSAGES, unsealed: 0 }]);
  }, bound);
  keptNote = join(directory, 'kept.note');
  const { manager } = services.connection;
  const query = { last_by_subj: 'drawbridge.checkpoints.COMMANDS' };
  const last = await manager.streams.getMessage('CHECKPOINTS', query);
  const { note } = JSON.parse(Buffer.from(last?.data ?? '').toString()) as { note: string };
  await writeFile(keptNote, note);
});
afterAll(async () => {
  await bob.remove();
  await services.stop();
  await stamper.stop();
  await rm(directory, { recursive: true });
});

interface Report {
  readonly log: string;
  readonly streams: readonly { readonly stream: string; readonly verified: number }[];
  readonly findings: readonly { readonly kind: string; readonly sequence?: number }[];
}

const verify = (...more: string[]): Promise<Result> =>
  bob.drawbridge('audit', 'verify', '--key', publicKey, ...more);

async function logIn(): Promise<void> {
  const login = bob.start('login', '--no-browser');
  const code = await eventually(() => {
    const found = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(login.seen())?.[0];
    if (found === undefined) throw new Error(`no code in: ${login.seen()}`);
    return found;
  });
  await services.identityProvider.approveDevice(code, { id: 'human-bob' });
  await login.result;
}

const sizeIn = (proof: string): string | undefined =>
  /"checkpoint": "[^"]*?\\n(\d+)\\n/.exec(proof)?.[1];

const refused = (commandId = uuidV7(new Date())) =>
  ({
    type: 'CommandRefused',
    commandId,
    connection: 'prod-eks',
    at: '2026-01-05T09:00:00.250Z',
    method: 'GET',
    path: '/api/v1/pods',
    query: '',
    verb: 'list',
    apiGroup: '',
    apiVersion: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: '',
    name: '',
    clientAddress: '127.0.0.1',
    userAgent: 'kubectl',
    decision: { effect: 'deny', reason: 'grant_missing', message: 'no grant is open' },
    statusCode: 403,
  }) as const;

describe('drawbridge audit verify', () => {
  it('says that the record is what was sealed', async () => {
    const { code, stdout } = await verify('--kept', keptNote);
    expect(stdout).toContain('the record is what was sealed');
    expect(stdout).toMatch(/COMMANDS +9 +9/);
    expect(code).toBe(0);
  });

  it('proves one command to somebody who has the file, the key and a checkpoint', async () => {
    const proof = join(directory, 'proof.json');
    const to = ['--checkpoint', keptNote, '--file', proof] as const;
    expect((await bob.drawbridge('audit', 'prove', proven, ...to)).code).toBe(0);
    expect((await stat(proof)).mode & 0o777).toBe(0o600);
    // Nobody who was ever logged in, and no server.
    const nobody = await Somebody.with({});
    const check = (file: string, ...more: string[]) =>
      nobody.drawbridge('audit', 'verify', '--proof', file, '--key', publicKey, ...more);
    const right = await check(proof, '--kept', keptNote);
    expect(right.stdout).toMatch(/CommandRefused .* 1 of 1 /);
    expect(right.stdout).toContain(`the command ${proven} is on the record`);
    expect(right.code).toBe(0);
    const text = await readFile(proof, 'utf8');
    const changed = join(directory, 'changed.json');
    await writeFile(changed, text.replace('grant is open', 'grant was open'));
    expect(await check(changed)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/proof_wrong.*proof_refused/s) as string,
    });
    const other = join(directory, 'other-proof.json');
    expect((await bob.drawbridge('audit', 'prove', earliest, '--file', other)).code).toBe(0);
    const sizes = new Set([text, await readFile(other, 'utf8')].map((one) => sizeIn(one)));
    const elsewhere = await check(other, '--kept', keptNote);
    expect(elsewhere.code).toBe(sizes.size === 1 ? 0 : 1);
    if (sizes.size > 1) expect(elsewhere.stderr).toContain('proof_elsewhere');
    await nobody.remove();
  });

  it('proves nothing that it cannot', async () => {
    const file = join(directory, 'none.json');
    const unknown = await bob.drawbridge('audit', 'prove', uuidV7(new Date()), '--file', file);
    expect(unknown.stderr).toContain('command_unknown');
    const bad = await bob.drawbridge(
      'audit',
      'prove',
      proven,
      '--file',
      file,
      '--checkpoint',
      publicKey,
    );
    expect(bad.stderr).toContain('file_unreadable');
    await expect(stat(file)).rejects.toThrow('ENOENT');
    const key = await bob.drawbridge('audit', 'verify', '--proof', publicKey);
    expect(key.stderr).toMatch(/proof_malformed.*proof_refused/s);
  });

  it('says the same of the rows', async () => {
    const { code, stdout } = await verify('--rows', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      streams: [{ stream: 'COMMANDS', verified: MESSAGES, notKept: 0 }],
      findings: [],
    });
    expect(code).toBe(0);
  });

  it('says up to where checkpoints have a timestamp, of those who are believed', async () => {
    const file = join(stamper.directory, 'ca.pem');
    const last = await eventually(async () => {
      const { code, stdout } = await verify('--timestamp-ca', file, '-o', 'json');
      const { streams } = JSON.parse(stdout) as {
        streams: { timestamps: { count: number; without: number; last?: { by: string } } }[];
      };
      expect(streams[0]?.timestamps.without).toBe(0);
      expect(code).toBe(0);
      return streams[0]?.timestamps.last;
    }, bound);
    expect(last).toMatchObject({ size: MESSAGES, by: 'CN=tsa' });
    const { stdout } = await verify('--timestamp-ca', file);
    expect(stdout).toMatch(/COMMANDS: timestamped up to size 9 by CN=tsa at \d{4}-/);
    const other = await startTimeStamper();
    const untrusted = await verify('--timestamp-ca', join(other.directory, 'ca.pem'));
    await other.stop();
    expect(untrusted.stdout).toMatch(/TIMESTAMP COMMANDS: .*timestamp_untrusted/);
    expect(untrusted.stdout).toMatch(/none of \d+ checkpoint\(s\) has a timestamp/);
    expect(untrusted.code).toBe(1);
  });

  it('says where keys came from that nobody gave', async () => {
    const { code, stderr } = await bob.drawbridge('audit', 'verify');
    expect(code).toBe(0);
    expect(stderr).toContain('give the one that you trust with --key');
  });

  it('believes nothing with another key', async () => {
    const other = join(directory, 'other.pem');
    const { publicKey: key } = generateKeyPairSync('ed25519');
    await writeFile(other, key.export({ format: 'pem', type: 'spki' }));
    const { code, stderr } = await bob.drawbridge('audit', 'verify', '--key', other);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/key_untrusted.*record_unproven/s) as string,
    });
  });

  it.each([
    [['--key', 'nobody.pem'], 'file_unreadable'],
    [['--timestamp-ca', 'nobody.pem'], 'file_unreadable'],
    [['--timestamp-ca', import.meta.filename], 'usage_invalid'],
    [['--key', 'a+00000000+x'], 'usage_invalid'],
    [['--kept', 'nothing.note'], 'file_unreadable'],
    [['no-directory'], 'file_unreadable'],
    [['.', '--rows'], 'usage_invalid'],
    [['.', '--stream', 'COMMANDS'], 'usage_invalid'],
    [['.', '--timestamp-ca', import.meta.filename], 'usage_invalid'],
    [['--stream', 'COMMAND'], 'usage_invalid'],
    [['--stream', 'COMMANDS,commands'], 'usage_invalid'],
  ])('refuses %j', async (given, code) => {
    const result = await bob.drawbridge('audit', 'verify', ...given);
    expect(result.stderr).toContain(code);
    expect(result.code).not.toBe(0);
  });

  it('is for auditors', async () => {
    const nobody = await Somebody.with({ DRAWBRIDGE_URL: services.server });
    expect((await nobody.drawbridge('audit', 'verify')).code).toBe(3);
    await nobody.remove();
  });

  it('names each message of a stream that somebody wrote anew', async () => {
    const { manager, jetstream } = services.connection;
    const { config } = await manager.streams.info('COMMANDS');
    const messages = await Promise.all(
      Array.from({ length: MESSAGES }, (_, n) =>
        manager.streams.getMessage('COMMANDS', { seq: n + 1 }),
      ),
    );
    await manager.streams.delete('COMMANDS');
    await manager.streams.add(config);
    for (const message of messages) {
      if (message !== null) await jetstream.publish(message.subject, message.data);
    }
    const { code, stdout } = await verify('-o', 'json');
    const { findings } = JSON.parse(stdout) as Report;
    // The contents are the same: only the times tell.
    expect(findings.map(({ kind, sequence }) => [kind, sequence])).toEqual(
      Array.from({ length: MESSAGES }, (_, n) => ['altered', n + 1]),
    );
    expect(code).toBe(1);
  });

  it('misses a log that somebody took away, when a checkpoint of it was kept', async () => {
    const { manager } = services.connection;
    await manager.streams
      .purge('CHECKPOINTS', { filter: 'drawbridge.checkpoints.COMMANDS' })
      .catch(async () => {
        const { config } = await manager.streams.info('CHECKPOINTS');
        await manager.streams.delete('CHECKPOINTS');
        await manager.streams.add(config);
      });
    await eventually(async () => {
      const { stdout } = await verify('-o', 'json', '--kept', keptNote);
      const { findings } = JSON.parse(stdout) as Report;
      expect(findings.map(({ kind }) => kind)).toContain('rolled_back');
    }, bound);
  });
});
