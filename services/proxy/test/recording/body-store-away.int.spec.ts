import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandBody } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { startGateway, type Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';

const namespace = '/connections/prod/api/v1/namespaces/payments';
const headers = { 'content-type': 'application/json' };
const long = JSON.stringify({ kind: 'ConfigMap', data: { text: 'word '.repeat(300_000) } });
let upstream: RecordingUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  upstream.answer((_request, response) => {
    response.end(long);
  });
});
afterAll(() => upstream.close());

async function start(bodies?: string): Promise<void> {
  const { address: server, certificateAuthority } = upstream;
  const credential = 'type: bearerToken\nfile: cluster.token';
  gateway = await startGateway({
    connections: [{ name: 'prod', server, certificateAuthority, credential }],
    ...(bodies !== undefined && { bodies }),
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'canary-cluster-token');
  await gateway.grant();
  await eventually(async () => {
    expect((await gateway.call('/connections/prod/version')).status).toBe(200);
  });
}

async function bodiesOfCall(): Promise<readonly CommandBody[]> {
  const answer = await gateway.call(`${namespace}/configmaps`, {
    ...{ method: 'POST', body: long, headers },
  });
  expect(answer).toMatchObject({ status: 200, body: long, complete: true });
  return eventually(async () => {
    const bodies = await gateway.bodies();
    const own = bodies.filter(({ commandId }) => commandId === answer.headers['audit-id']);
    expect(own).toHaveLength(2);
    return own;
  });
}

const beginning = {
  ...{ bytes: long.length, kept: 32_768, content: long.slice(0, 32_768), encoding: 'utf8' },
};

describe('a call with long bodies', () => {
  it('goes on while the object store is away, and is kept whole when it is back', async () => {
    await start('bodies');
    try {
      // Where the directory should be there is something else.
      const place = join(gateway.directory, 'bodies');
      // The gateway may make it once more, for a body of a call before.
      await eventually(async () => {
        await rm(place, { recursive: true, force: true });
        await writeFile(place, '');
      });
      const cut = { cut: 'object_store_unavailable' };
      expect(await bodiesOfCall()).toMatchObject([
        { direction: 'request', ...beginning, ...cut },
        { direction: 'response', ...beginning, ...cut },
      ]);
      const health = await (await fetch(`${gateway.health}/readyz`)).text();
      expect(health).toContain('"bodyPiecesNotStored":');
      expect(gateway.log.join('')).toContain('a piece of a body could not be stored');
      await rm(place);
      await eventually(async () => {
        expect((await bodiesOfCall()).map(({ cut: why }) => why)).toStrictEqual([
          undefined,
          undefined,
        ]);
      });
    } finally {
      await gateway.close();
    }
  });

  it('goes on where no object store is configured', async () => {
    await start();
    try {
      const cut = { cut: 'object_store_missing' };
      expect(await bodiesOfCall()).toMatchObject([
        { direction: 'request', ...beginning, ...cut },
        { direction: 'response', ...beginning, ...cut },
      ]);
    } finally {
      await gateway.close();
    }
  });
});
