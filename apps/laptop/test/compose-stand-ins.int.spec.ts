import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { checkConfiguration, loadConfiguration } from '@drawbridge/configuration';
import { freePort } from '@drawbridge/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startComposeStandIns,
  type ComposeStandIns,
} from '../src/compose/start-compose-stand-ins.js';

const volumes = mkdtempSync(join(tmpdir(), 'drawbridge-compose-'));
const names = ['config', 'nats', 'clickhouse', 'provision', 'grafana'];
const services = ['identity', 'policy', 'approval', 'proxy', 'audit'];
const file = (...path: string[]) => join(volumes, ...path);
const read = (...path: string[]) => readFileSync(file(...path), 'utf8');

let issuer = '';
let standIns: ComposeStandIns;

async function start(): Promise<ComposeStandIns> {
  const identityProvider = await freePort();
  issuer = `https://localhost:${identityProvider}`;
  return startComposeStandIns({
    volumes,
    host: 'localhost',
    issuer,
    gatewayHost: 'localhost',
    approvals: 'http://localhost:7081',
    ports: { identityProvider, slack: 0, cluster: 0, health: 0 },
    secretsSeenAt: file('proxy'),
  });
}

beforeAll(async () => {
  for (const name of [...names, ...services]) mkdirSync(file(name));
  standIns = await start();
});
afterAll(async () => {
  await standIns.close();
  rmSync(volumes, { recursive: true });
});

interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly ca: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask(url: string, { method = 'GET', ca, headers = {} }: Asked) {
  return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const call = request(url, { method, ca, headers }, (response) => {
      void text(response).then((body) => resolve({ status: response.statusCode, body }));
    });
    call.on('error', reject);
    call.end();
  });
}

describe('what the stand-ins write', () => {
  it('is a configuration without a mistake, that names files which are there', async () => {
    expect(await checkConfiguration(file('config'))).toMatchObject({ valid: true, warnings: [] });
  });

  it('keeps the credential of the cluster out of the volume that every service has', async () => {
    const { connections } = await loadConfiguration(file('config'));
    expect(connections.map(({ spec }) => spec.credential)).toStrictEqual([
      { type: 'bearerToken', file: file('proxy', 'token') },
    ]);
  });

  it.each([...services, 'provision'])('gives %s the password that NATS knows', (user) => {
    const password = read(user, 'nats-password');
    expect(password).toMatch(/^[\w-]{43}$/);
    expect(read('nats', 'passwords.conf')).toContain(
      `${user.toUpperCase()}_PASSWORD: "${password}"\n`,
    );
  });

  it.each([
    ['audit', 'drawbridge.xml'],
    ['grafana', 'drawbridge-reader.xml'],
  ])('gives ClickHouse the hash of the password of %s', (volume, users) => {
    const hash = createHash('sha256').update(read(volume, 'clickhouse-password')).digest('hex');
    expect(read('clickhouse', users)).toContain(`<password_sha256_hex>${hash}<`);
    expect(read('clickhouse', users)).toContain('<default remove="remove"/>');
    expect(read('clickhouse', users)).not.toContain('from_env');
  });

  it.each([
    ['audit', 'clickhouse-password'],
    ['grafana', 'clickhouse-password'],
    ['grafana', 'admin-password'],
    ['audit', 'checkpoint-key.pem'],
    ['policy', 'nats-password'],
    ['nats', 'passwords.conf'],
    ['approval', 'slack-bot-token'],
    ['approval', 'slack-signing-secret'],
    ['proxy', 'gateway.key'],
    ['proxy', 'mask-keys'],
    ['proxy', 'token'],
  ])('%s/%s is for its owner only', (...path) => {
    expect(statSync(file(...path)).mode & 0o777).toBe(0o600);
  });

  it.each(['drawbridge.xml', 'drawbridge-reader.xml'])(
    'lets the user of ClickHouse read %s',
    (users) => {
      expect(statSync(file('clickhouse', users)).mode & 0o777).toBe(0o644);
    },
  );
});

describe('what the stand-ins run', () => {
  const ca = () => read('config', 'issuer-ca.pem');

  it('an identity provider over TLS under the name of the issuer', async () => {
    const { status, body } = await ask(`${issuer}/.well-known/openid-configuration`, { ca: ca() });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ issuer, jwks_uri: `${issuer}/jwks` });
  });

  it('a Slack over TLS that takes the bot token, and no other', async () => {
    const call = (token: string) =>
      ask(`${standIns.slackApiUrl}auth.test`, {
        method: 'POST',
        ca: ca(),
        headers: { authorization: `Bearer ${token}` },
      });
    const known = await call(read('approval', 'slack-bot-token'));
    expect(JSON.parse(known.body)).toMatchObject({ ok: true });
    const unknown = await call('xoxb-guessed');
    expect(JSON.parse(unknown.body)).toMatchObject({ ok: false });
  });

  it('a cluster with the workload of the story, that takes the credential of the proxy', async () => {
    const path = '/apis/apps/v1/namespaces/payments/deployments/checkout';
    const { status, body } = await ask(`${standIns.cluster.address}${path}`, {
      ca: read('proxy', 'ca.pem'),
      headers: { authorization: `Bearer ${read('proxy', 'token')}` },
    });
    expect({ status, body: body.slice(0, 200) }).toMatchObject({ status: 200 });
  });

  it('a health check', async () => {
    const answer = await fetch(`http://127.0.0.1:${standIns.healthPort}/readyz`);
    expect(answer.status).toBe(200);
  });
});

describe('the stand-ins, started again', () => {
  it('keep the passwords of the servers and replace everything else', async () => {
    const kept = () =>
      [...services, 'provision'].map((user) => read(user, 'nats-password')).join() +
      read('audit', 'clickhouse-password');
    const before = { kept: kept(), gateway: read('proxy', 'gateway.crt') };
    await standIns.close();
    standIns = await start();
    expect(kept()).toBe(before.kept);
    expect(read('proxy', 'gateway.crt')).not.toBe(before.gateway);
    expect(await checkConfiguration(file('config'))).toMatchObject({ valid: true });
  });
});
