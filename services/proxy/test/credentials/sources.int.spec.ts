import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGateway, statusOf, type Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';
import { CANARY, PluginUnderTest } from './plugin-under-test.js';

let upstream: RecordingUpstream;
let gateway: Gateway;
let plugin: PluginUnderTest;
const written = (name: string) => join(gateway.directory, name);

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  const { address: server, certificateAuthority } = upstream;
  const at = { server, certificateAuthority };
  gateway = await startGateway({
    connections: [
      { ...at, name: 'pod', credential: 'type: serviceAccount\ndirectory: mounted' },
      { ...at, name: 'absent', credential: 'type: bearerToken\nenvironmentVariable: ABSENT' },
      {
        ...at,
        name: 'pair',
        credential:
          'type: clientCertificate\ncertificate: {environmentVariable: CERT}\nkey: {file: client.key}',
      },
    ],
    environment: {
      CERT: `${CANARY} no certificate`,
      GATEWAY_SECRET: `${CANARY}-environment`,
      AWS_REGION: 'eu-west-1',
      PATH: process.env['PATH'] ?? '',
    },
    variables: { AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000' },
  });
  plugin = new PluginUnderTest(gateway.directory);
  await mkdir(written('mounted'));
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const call = (connection: string) => gateway.call(`/connections/${connection}/api/v1/pods`);
const sent = async (connection: string) => {
  const answer = await call(connection);
  expect(answer.status, answer.body).toBe(200);
  return upstream.received.at(-1)?.headers.authorization;
};
const granted = async (...connections: string[]) => {
  for (const connection of connections) await gateway.grant({ connection });
};
const refusal = async (connection: string) => {
  const answer = await call(connection);
  expect(answer.body).not.toContain(CANARY);
  return statusOf(answer).cause;
};
const unavailable = (connection: string) =>
  eventually(async () => expect(await refusal(connection)).toBe('credential_unavailable'));

describe('the service account of the pod', () => {
  it('is read again when it is rotated', async () => {
    await granted('pod');
    await writeFile(written('mounted/token'), `${CANARY}-projected-1`);
    await eventually(async () => expect(await sent('pod')).toBe(`Bearer ${CANARY}-projected-1`));
    await writeFile(written('mounted/token'), `${CANARY}-projected-2\n`);
    await eventually(async () => expect(await sent('pod')).toBe(`Bearer ${CANARY}-projected-2`));
  });

  it('that the cluster refuses is read again at once', async () => {
    await eventually(() => sent('pod'));
    upstream.answer((_request, response) => response.writeHead(401).end());
    expect(await refusal('pod')).toBe('upstream_credential_refused');
    upstream.answer((_request, response) => response.writeHead(200).end('{}'));
    await writeFile(written('mounted/token'), `${CANARY}-projected-3`);
    expect(await sent('pod')).toBe(`Bearer ${CANARY}-projected-3`);
  });
});

describe('what is no credential', () => {
  it.each(['absent', 'pair'])('is never sent, and not told: %s', async (connection) => {
    await writeFile(written('client.key'), `${CANARY} no key`);
    await granted(connection);
    await unavailable(connection);
  });
});

const execYaml = (more = '') =>
  [
    'type: exec',
    `command: ${plugin.command}`,
    'args: [get-token, "--cluster=a b"]',
    'env: [{name: MODE, value: test}]',
    'inheritEnv: [AWS_REGION]',
    'timeoutSeconds: 5',
    more,
  ]
    .join('\n')
    .trim();

let connections = 0;
/** A connection of its own, so that nothing is cached from before. */
async function execConnection(more?: string): Promise<string> {
  connections += 1;
  const name = `exec-${connections}`;
  const { address: server, certificateAuthority } = upstream;
  await gateway.writeConnections([
    { name, server, certificateAuthority, credential: execYaml(more) },
  ]);
  await granted(name);
  await eventually(async () => {
    expect((await call(name)).body).not.toMatch(/connection_unknown|no_grant/);
  });
  return name;
}

describe('a credential plugin', () => {
  it('gives the token, and sees only what it is given', async () => {
    await plugin.gives({ token: `${CANARY}-exec-token` });
    const name = await execConnection('provideClusterInfo: true');
    expect(await sent(name)).toBe(`Bearer ${CANARY}-exec-token`);
    const [info = '', args, ...environment] = (await readFile(plugin.infoFile, 'utf8')).split('\n');
    expect(JSON.parse(info)).toStrictEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: {
          server: upstream.address,
          'certificate-authority-data': Buffer.from(upstream.certificateAuthority).toString(
            'base64',
          ),
        },
      },
    });
    expect(args).toBe('get-token --cluster=a b');
    expect(environment).toEqual(expect.arrayContaining(['MODE=test', 'AWS_REGION=eu-west-1']));
    expect(environment.join()).not.toContain(`${CANARY}-environment`);
  });

  it('runs once while its token is good, and again when it ends or is refused', async () => {
    const startedAt = Date.now();
    const after = (seconds: number) => new Date(startedAt + seconds * 1_000).toISOString();
    await plugin.gives({ token: `${CANARY}-1`, expirationTimestamp: after(8) });
    const name = await execConnection();
    for (let count = 0; count < 20; count += 1) await sent(name);
    await plugin.gives({ token: `${CANARY}-2`, expirationTimestamp: after(12) });
    // Unless it took most of its life to come here.
    if (Date.now() < startedAt + 4_000) expect(await sent(name)).toBe(`Bearer ${CANARY}-1`);
    await eventually(async () => expect(await sent(name)).toBe(`Bearer ${CANARY}-2`));
    await plugin.gives({ token: `${CANARY}-3` });
    await eventually(async () => expect(await sent(name)).toBe(`Bearer ${CANARY}-3`));
    const runs = (await readFile(`${plugin.infoFile}-runs`, 'utf8')).split('\n').length;
    expect(runs).toBeLessThan(12);
  });

  it('gives a client certificate, and speaks v1beta1', async () => {
    const { certificate, key } = await upstream.issueClient('by-plugin');
    const apiVersion = 'client.authentication.k8s.io/v1beta1';
    await plugin.gives({ clientCertificateData: certificate, clientKeyData: key }, apiVersion);
    const name = await execConnection(`apiVersion: ${apiVersion}`);
    expect(await sent(name)).toBeUndefined();
    expect(upstream.received.at(-1)?.clientName).toBe('by-plugin');
  });

  it.each([
    ['that fails', `echo "${CANARY}"; exit 3`, 'ended with 3'],
    ['that is killed', `echo "${CANARY}"; kill -9 $$`, 'ended with SIGKILL'],
    ['that hangs, with its children', 'sleep 3600 & wait', 'took longer than 5000 ms'],
    ['that floods', `yes "${CANARY}"`, 'wrote more than'],
    ['that says nothing', 'true', 'expected an ExecCredential in JSON'],
    ['that talks', `echo "${CANARY}"`, 'expected an ExecCredential in JSON'],
    [
      'that speaks another version',
      `echo '{"apiVersion":"${CANARY}","kind":"ExecCredential"}'`,
      'at apiVersion, status',
    ],
  ])('%s is no credential, and what it said goes nowhere', async (_name, body, why) => {
    await plugin.does(body);
    const name = await execConnection();
    await unavailable(name);
    expect(gateway.log.join('')).toContain(why);
  });

  it('leaves no process behind', async () => {
    const marker = 'sleep 3599.5';
    await plugin.does(`${marker} & ${marker}`);
    await unavailable(await execConnection());
    await eventually(() => {
      expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(marker);
    });
  });

  it('whose command is not absolute is no configuration', async () => {
    const { address: server, certificateAuthority } = upstream;
    const credential = execYaml().replace(plugin.command, 'plugin');
    await gateway.writeConnections([
      { name: 'relative', server, certificateAuthority, credential },
    ]);
    await eventually(() => {
      expect(gateway.log.join('')).toMatch(/expected an absolute path/);
    });
  });
});

describe('T20 every planted secret', () => {
  it('is in no log line, no record and on no route of the gateway', async () => {
    const log = gateway.log.join('');
    expect(log.match(/credential not renewed/g)?.length).toBeGreaterThan(3);
    const routes = ['/healthz', '/readyz', '/metrics', '/config', '/debug', '/debug/pprof/heap'];
    const answers = await Promise.all(
      routes.map(async (route) => (await fetch(`${gateway.health}${route}`)).text()),
    );
    const records = JSON.stringify(await gateway.records());
    expect(records.length).toBeGreaterThan(1_000);
    for (const text of [log, records, ...answers]) expect(text).not.toContain('canary');
  });
});
