import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@drawbridge/kernel';
import { createLogger } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ProxyConfig, startProxy } from '../src/index.js';
import { startGateway, statusOf, type Gateway } from './gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
let upstream: RecordingUpstream;
let gateway: Gateway | undefined;
let forwarded = 0;

beforeEach(async () => {
  upstream = await startRecordingUpstream();
  forwarded = 0;
  upstream.answer((_, response) => {
    forwarded += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"kind":"PodList","apiVersion":"v1","items":[]}');
  });
});
afterEach(async () => {
  await gateway?.close();
  await upstream.close();
});

/** A proxy that goes by a clock of the test. */
async function gatewayWith(clock: Clock, maxSkewMs: number): Promise<Gateway> {
  const logger = createLogger('proxy', { level: 'fatal' });
  gateway = await startGateway({
    connections: [
      {
        name: 'prod',
        server: upstream.address,
        certificateAuthority: upstream.certificateAuthority,
        credential: 'type: bearerToken\nfile: cluster.token',
      },
    ],
    launch: async (settings) => {
      await writeFile(join(settings['CONFIG_DIR'] ?? '', 'cluster.token'), 'cluster-token');
      const config = ProxyConfig.parse({ ...settings, MAX_CLOCK_SKEW_MS: String(maxSkewMs) });
      return startProxy(config, { logger, clock });
    },
  });
  return gateway;
}

const Ready = z.object({
  checks: z.record(z.string(), z.boolean()),
  figures: z.record(z.string(), z.number()),
});

describe('a gateway whose clock is wrong', () => {
  it('is not ready, and after 10 s refuses every call: it cannot tell what is open', async () => {
    let aheadMs = 0;
    const known = await gatewayWith(() => new Date(Date.now() + aheadMs), 1_000);
    const token = known.issuer.token();
    await known.grant();
    await eventually(async () => expect((await known.call(pods, { token })).status).toBe(200));
    aheadMs = 3_000;
    await eventually(
      async () => {
        const response = await fetch(`${known.health}/readyz`);
        const { checks, figures } = Ready.parse(await response.json());
        expect([response.status, checks['clock']]).toStrictEqual([503, false]);
        expect(figures['clockOffsetMs']).toBeLessThan(-1_000);
      },
      { timeoutMs: 60_000 },
    );
    const refused = await eventually(
      async () => {
        const answer = await known.call(pods, { token });
        expect(answer.status).toBe(503);
        expect(statusOf(answer).cause).toBe('clock_skewed');
        return answer;
      },
      { timeoutMs: 90_000 },
    );
    expect(refused.body).toContain('the clock of this gateway is wrong');
    const before = forwarded;
    await known.call(pods, { token });
    expect(forwarded).toBe(before);
  });

  it('ends a grant by the time of NATS where that is later', async () => {
    const time: { stopped?: Date } = {};
    const known = await gatewayWith(() => time.stopped ?? new Date(), 100_000_000);
    const token = known.issuer.token();
    time.stopped = new Date();
    await known.grant({ seconds: 5 });
    await eventually(
      async () => {
        const answer = await known.call(pods, { token });
        expect([answer.status, statusOf(answer).cause]).toStrictEqual([403, 'grant_expired']);
      },
      { timeoutMs: 90_000 },
    );
  });
});
