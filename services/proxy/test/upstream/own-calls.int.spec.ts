import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OwnCallKeys } from '@drawbridge/runtime';
import { startScriptedServer, type ScriptedServer } from './scripted-server.js';
import { get, upstreamTo, type UpstreamUnderTest } from './upstream-under-test.js';

const COMMAND = '0198f000-0000-7000-8000-000000000001';
const keysOf = (directory: string): OwnCallKeys => {
  const file = join(directory, 'keys');
  writeFileSync(file, Buffer.alloc(32, 'k').toString('base64'));
  return OwnCallKeys.read('OWN_CALL_KEYS_FILE', file);
};
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-own-calls-'));
const keys = keysOf(directory);
afterAll(() => rmSync(directory, { recursive: true }));
let server: ScriptedServer;
let cluster: UpstreamUnderTest | undefined;

beforeEach(async () => {
  server = await startScriptedServer({ tls: true });
});
afterEach(async () => {
  await cluster?.upstream.destroy();
  await server.close();
});

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
const answering = () =>
  server.script(async (client) => {
    await client.until('\r\n\r\n');
    await client.say(ok);
  });
const idsOf = (received: string): (string | undefined)[] =>
  [...received.matchAll(/^audit-id: (\S+)\r$/gm)].map(([, id]) => id);
const sent = (method: string, target: string) => ({ connection: 'prod', method, target });

describe('an id in the log of the cluster', () => {
  it('of a command is the id of the command', async () => {
    answering();
    cluster = upstreamTo(server, { ownCalls: keys });
    await cluster.ask(get({ auditId: COMMAND }));
    expect(idsOf(server.connections[0]?.received ?? '')).toStrictEqual([COMMAND]);
  });

  it('of a call of the gateway itself is one that only a gateway can make, for this call alone', async () => {
    answering();
    cluster = upstreamTo(server, { ownCalls: keys });
    await cluster.ask(get({ target: '/api/v1/pods?limit=5' }));
    const [id = ''] = idsOf(server.connections[0]?.received ?? '');
    expect(keys.made(id, sent('GET', '/api/v1/pods?limit=5'))).toBe(true);
    expect(keys.made(id, sent('GET', '/api/v1/secrets'))).toBe(false);
  });

  it('is none for its own calls where there are no keys', async () => {
    answering();
    cluster = upstreamTo(server);
    await cluster.ask();
    expect(idsOf(server.connections[0]?.received ?? '')).toStrictEqual([]);
  });

  it.each([
    ['is never that of a command twice, when a read is sent once more', keys],
    ['stays the same when a read is sent once more, without keys', undefined],
  ])('%s', async (_, ownCalls) => {
    const heads: string[] = [];
    server.script(async (client) => {
      for (let call = 0; call < 2; call += 1) {
        client.received = '';
        await client.until('\r\n\r\n');
        heads.push(client.received);
        if (client.index === 0 && call === 1) break;
        await client.say(ok);
      }
      if (client.index === 0) client.socket.destroy();
    });
    cluster = upstreamTo(server, { ownCalls });
    await cluster.ask(get({ auditId: '0198f000-0000-7000-8000-000000000002' }));
    await cluster.ask(get({ auditId: COMMAND }));
    const [, first, second = ''] = heads.flatMap(idsOf);
    expect(first).toBe(COMMAND);
    if (ownCalls === undefined) expect(second).toBe(COMMAND);
    else expect(keys.made(second, sent('GET', '/api/v1/pods'))).toBe(true);
  });
});
