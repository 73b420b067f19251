import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, nativeTool } from '@drawbridge/testing';
import { startGateway, type Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';
import { eksSpec, startEks, type EksUnderTest } from './eks-under-test.js';
import { PluginUnderTest } from './plugin-under-test.js';

/** Starts every planted secret; the clients get no byte of it. */
const CANARY = 'canary-';
const SUBJECT = 'agent-oncall';
let upstream: RecordingUpstream;
let eks: EksUnderTest;
let gateway: Gateway;
const names = ['good', 'eks', 'exec', 'broken', 'certificate', 'silent'];

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  eks = await startEks();
  // A cluster that is as unkind as can be: it sends the credential back wherever it may.
  upstream.answer((request, response) => {
    const { authorization = '' } = request.headers;
    if (authorization.endsWith('-refused')) response.writeHead(401).end(authorization);
    else if (request.url?.includes('watch') === true)
      response.write('{"type":"ADDED","object":{}}\n');
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"kind":"Status"}');
  });
  const { address: server, certificateAuthority } = upstream;
  const at = { server, certificateAuthority };
  const { roleArn, externalId = '' } = eksSpec();
  const eksYaml = `type: eks\nclusterName: prod\nregion: eu-west-1\nroleArn: ${roleArn}\nexternalId: ${externalId}`;
  const file = (name: string) => `type: bearerToken\nfile: ${name}`;
  gateway = await startGateway({
    connections: [{ ...at, name: 'good', credential: file('good') }],
  });
  const plugin = new PluginUnderTest(gateway.directory);
  await plugin.gives({ token: `${CANARY}exec-refused` });
  const { certificate, key } = await upstream.issueClient('gateway');
  const files = {
    good: `${CANARY}good-token`,
    broken: `${CANARY}broken token\n`,
    'client.crt': certificate,
    'client.key': key,
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(gateway.directory, name), content);
  }
  await gateway.writeConnections([
    { ...at, name: 'good', credential: file('good') },
    { ...at, name: 'eks', credential: eksYaml },
    { ...at, name: 'exec', credential: `type: exec\ncommand: ${plugin.command}` },
    { ...at, name: 'broken', credential: file('broken') },
    {
      ...at,
      name: 'certificate',
      credential:
        'type: clientCertificate\ncertificate: {file: client.crt}\nkey: {file: client.key}',
    },
    { ...at, name: 'silent', server: 'https://127.0.0.1:1', credential: file('good') },
  ]);
  for (const connection of names) await gateway.grant({ connection, subject: SUBJECT });
  await eventually(async () => {
    const answer = await gateway.call('/connections/silent/api/v1/pods');
    expect(answer.body).toContain('upstream_unreachable');
  });
});

afterAll(async () => {
  await gateway.close();
  await eks.close();
  await upstream.close();
});

/** A kubeconfig with a context for every connection. */
async function kubeconfig(token: string): Promise<string> {
  const data = Buffer.from(gateway.raw.certificateAuthority).toString('base64');
  const path = join(gateway.directory, 'agent.kubeconfig');
  const clusters = names.map((name) => ({
    name,
    cluster: {
      server: `${gateway.address}/connections/${name}`,
      'certificate-authority-data': data,
    },
  }));
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters,
      users: [{ name: 'agent', user: { token } }],
      contexts: names.map((name) => ({ name, context: { cluster: name, user: 'agent' } })),
      'current-context': 'good',
    }),
  );
  return path;
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: gateway.directory };
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', () => resolve(output));
  });
}

/** Which of these texts stand in a file that is larger than a string may be. */
async function found(file: string, texts: readonly string[]): Promise<string[]> {
  const seen = new Set<string>();
  let tail = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    const text = tail + String(chunk);
    for (const wanted of texts) if (text.includes(wanted)) seen.add(wanted);
    tail = text.slice(-10_000);
  }
  return [...seen];
}

/** Everything by which the gateway authenticates: fixed starts, and what AWS issued. */
function planted(): string[] {
  const { secretAccessKey } = eks.aws.ambient;
  const tokens = upstream.received.map(({ headers }) => headers.authorization ?? '');
  const eksTokens = tokens.filter((value) => value.startsWith('Bearer k8s-aws-v1.'));
  expect(eksTokens.length).toBeGreaterThan(0);
  return [CANARY, secretAccessKey, 'k8s-aws-v1.', 'PRIVATE KEY', ...eksTokens];
}

describe('T20 an agent that works through the gateway', () => {
  it('has no credential of a cluster in its output or its memory', async () => {
    const token = gateway.issuer.token({ sub: SUBJECT });
    const program = fileURLToPath(new URL('agent-program.mjs', import.meta.url));
    const snapshot = join(gateway.directory, 'agent.heapsnapshot');
    const output = await run(process.execPath, [program, await kubeconfig(token), snapshot]);
    expect(output).toMatch(/kept \d\d values/);
    expect(output).toContain('upstream_credential_refused');
    expect(output).toContain('credential_unavailable');
    for (const secret of planted()) expect(output).not.toContain(secret);
    // Its own token is there: what is looked for would be found.
    expect(await found(snapshot, [...planted(), token])).toStrictEqual([token]);
  });

  it('sees none with kubectl at its most talkative', async () => {
    const kubectl = await nativeTool('kubectl');
    const config = await kubeconfig(gateway.issuer.token({ sub: SUBJECT }));
    for (const name of names) {
      const args = ['--kubeconfig', config, '--context', name, '-v=10', '--request-timeout=5s'];
      const output = await run(kubectl, [...args, 'get', '--raw', '/api/v1/namespaces/x/pods']);
      expect(output).toContain('/api/v1/namespaces/x/pods');
      for (const secret of planted()) expect(output).not.toContain(secret);
    }
  });
});

describe('T20 the gateway itself', () => {
  it('has none in its log, its records, or on a route without a token', async () => {
    const routes = ['/', '/healthz', '/readyz', '/metrics', '/figures', '/config', '/debug/vars'];
    const answers = await Promise.all(
      routes.map(async (route) => (await fetch(`${gateway.health}${route}`)).text()),
    );
    const direct = await Promise.all(routes.map((route) => gateway.call(route, { token: '' })));
    const texts = [
      gateway.log.join(''),
      JSON.stringify(await gateway.records()),
      ...answers,
      ...direct.map(({ body, headers }) => body + JSON.stringify(headers)),
    ];
    for (const text of texts) for (const secret of planted()) expect(text).not.toContain(secret);
  });
});
