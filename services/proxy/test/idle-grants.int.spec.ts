import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GrantLimits } from '@drawbridge/contracts';
import { lastActivity } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { startGatewayToProd } from './gateway-to-prod.js';
import type { Answer, Gateway } from './gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
let upstream: RecordingUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream);
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

beforeEach(() => {
  upstream.answer((_, response) => response.end('{}'));
});

let agents = 0;
async function agent(limits?: GrantLimits) {
  agents += 1;
  const subject = `agent-${String(agents)}`;
  const granted = await gateway.grant({ subject, ...(limits && { limits }) });
  const token = gateway.issuer.token({ sub: subject });
  await eventually(async () => {
    const { status } = await gateway.call('/connections/prod/version', { token });
    expect(status).toBe(200);
  });
  return { token, ...granted };
}
const lastUsed = (grantId: string) => lastActivity(gateway.bus)(grantId);
const codeOf = ({ headers }: Pick<Answer, 'headers'>) => headers['drawbridge-refusal'];

describe('a grant that ends when it is not used', () => {
  it('is noted as used before a call is made, and not by discovery', async () => {
    const { token, grantId } = await agent({ idleSeconds: 60 });
    expect(await lastUsed(grantId)).toBeUndefined();
    const before = Date.now();
    expect((await gateway.call(pods, { token })).status).toBe(200);
    // The clock of NATS is this one.
    expect(await lastUsed(grantId)).toBeGreaterThanOrEqual(before - 1_000);
  });

  it('ends for all when policy says so, streams too, and a refusal says why', async () => {
    const { token, requestId, grantId } = await agent({ idleSeconds: 60 });
    upstream.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"type":"ADDED","object":{}}\n');
    });
    const watch = gateway.call(`${pods}?watch=true`, { token }).catch((error: unknown) => error);
    await eventually(() => expect(upstream.received.at(-1)?.url).toContain('watch=true'));
    await gateway.append(requestId, { type: 'GrantEnded', data: { grantId, cause: 'idle' } });
    await watch;
    const refused = await gateway.call(pods, { token });
    expect([refused.status, codeOf(refused)]).toStrictEqual([403, 'grant_idle']);
    expect(refused.body).toContain('ended because it was not used');
  });
});

describe('a grant that may go unused', () => {
  it('is noted nowhere, and is not counted either', async () => {
    const { token, grantId } = await agent();
    expect((await gateway.call(pods, { token })).status).toBe(200);
    expect(await lastUsed(grantId)).toBeUndefined();
  });
});

describe('while nothing can be noted', () => {
  it('makes no call under such a grant, and every other', async () => {
    const { token, grantId } = await agent({ idleSeconds: 60 });
    const free = await agent();
    await gateway.bus.manager.streams.delete('KV_drawbridge_activity');
    const before = upstream.received.length;
    const refused = await gateway.call(pods, { token });
    expect([refused.status, codeOf(refused)]).toStrictEqual([503, 'grant_use_unnoted']);
    expect(upstream.received).toHaveLength(before);
    await expect(lastUsed(grantId)).rejects.toThrow();
    expect((await gateway.call(pods, { token: free.token })).status).toBe(200);
  });
});
