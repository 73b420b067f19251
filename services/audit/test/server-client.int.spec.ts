import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { loadConfig } from '@drawbridge/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServerClient } from '../src/clickhouse/create-server-client.js';
import { AuditConfig } from '../src/config.js';

let directory: string;
const servers: Server[] = [];
const seen: (string | undefined)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-audit-'));
});
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(directory, { recursive: true });
});

async function portOf(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
const config = (env: Record<string, string>) =>
  loadConfig(AuditConfig, {
    AUDITOR_GROUPS: 'auditors',
    CLICKHOUSE_USER: 'drawbridge_audit',
    ...env,
  });
const answer: Parameters<typeof createServer>[1] = (request, response) => {
  seen.push(request.headers.authorization);
  response.end('{"1":1}\n');
};
const basic = (password: string) =>
  `Basic ${Buffer.from(`drawbridge_audit:${password}`).toString('base64')}`;

describe('the client of a ClickHouse server', () => {
  it('sends the user and the password of the file', async () => {
    const port = await portOf(createServer(answer));
    const file = join(directory, 'password');
    await writeFile(file, 'secret\n');
    const client = createServerClient(
      config({ CLICKHOUSE_URL: `http://127.0.0.1:${port}`, CLICKHOUSE_PASSWORD_FILE: file }),
    );
    expect(await client.ping({ select: true })).toEqual({ success: true });
    expect(seen.splice(0)).toEqual([basic('secret')]);
    await client.close();
  });

  it('believes a certificate only of the authority that it was given', async () => {
    const authority = await createCertificateAuthority('ClickHouse');
    const { certificate: cert, key } = await authority.issueServer(['127.0.0.1']);
    const port = await portOf(createTlsServer({ cert, key }, answer));
    const url = { CLICKHOUSE_URL: `https://127.0.0.1:${port}` };
    const without = createServerClient(config(url));
    expect(await without.ping({ select: true })).toMatchObject({ success: false });
    expect(seen.splice(0)).toEqual([]);
    const file = join(directory, 'ca.pem');
    await writeFile(file, authority.certificate);
    const client = createServerClient(config({ ...url, CLICKHOUSE_CA_FILE: file }));
    expect(await client.ping({ select: true })).toEqual({ success: true });
    await Promise.all([client.close(), without.close()]);
  });

  it('says which file is missing', () => {
    expect(() =>
      createServerClient(config({ CLICKHOUSE_PASSWORD_FILE: join(directory, 'absent') })),
    ).toThrow(/CLICKHOUSE_PASSWORD_FILE/);
  });
});
