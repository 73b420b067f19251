import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UseEvent } from '@drawbridge/contracts';
import { useEventStore } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { startGatewayToProd } from './gateway-to-prod.js';
import type { Answer, Gateway, GrantOptions, IssuedGrant } from './gateway-under-test.js';
import { http2Call, http2Session } from './http2-client.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const members = ['oncall-agents'];
let upstream: RecordingUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    variables: { AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000' },
  });
  upstream.answer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url?.includes('watch=') !== true) response.end('{"kind":"PodList"}');
    else response.write('{"type":"ADDED","object":{}}\n');
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

let agents = 0;
async function agent(options: GrantOptions = {}) {
  agents += 1;
  const subject = `agent-${String(agents)}`;
  const granted = await gateway.grant({ subject, ageSeconds: 60, ...options });
  const token = (groups: readonly string[], ageSeconds = 0) =>
    gateway.issuer.token({ sub: subject, groups, ageSeconds });
  await eventually(async () => {
    const answer = await gateway.call('/connections/prod/version', { token: token(members, 120) });
    expect(codeOf(answer)).not.toBe('no_grant');
  });
  return { subject, token, ...granted };
}

const codeOf = ({ headers }: Pick<Answer, 'headers'>) => headers['drawbridge-refusal'];
const uses = async ({ grantId }: IssuedGrant): Promise<UseEvent[]> =>
  (await useEventStore(gateway.bus, 'audit').load(grantId)).events.map(({ event }) => event);

/** A watch that is open, and how it ends. */
async function watch(token: string) {
  let frames = '';
  const seen = { ended: false };
  const answer = gateway.call(`${pods}?watch=1`, { token, onData: (text) => (frames += text) });
  void answer.then(() => (seen.ended = true));
  await eventually(() => expect(frames).toContain('ADDED'));
  return { answer, seen };
}

describe('T17 a token that was issued behind the grant, without its groups', () => {
  it('ends the grant: what runs is cut, it is noted once, and no old token helps', async () => {
    const one = await agent({ requiredGroups: members });
    const { answer } = await watch(one.token(members, 120));
    const left = one.token([]);
    const calls = await Promise.all([1, 2, 3].map(() => gateway.call(pods, { token: left })));
    expect(calls.map(codeOf)).toStrictEqual(calls.map(() => 'grant_group_lost'));
    expect((await answer).body).toContain('grant_group_lost');
    await eventually(async () =>
      expect(await uses(one)).toMatchObject([
        { type: 'GrantGroupLost', data: { accessRequestId: one.requestId } },
      ]),
    );
    const data = { grantId: one.grantId, reason: 'left', cause: 'group_lost' as const };
    await gateway.append(one.requestId, { type: 'GrantRevoked', data });
    await eventually(async () =>
      expect(codeOf(await gateway.call(pods, { token: one.token(members, 120) }))).toBe(
        'grant_revoked',
      ),
    );
    expect(await uses(one)).toHaveLength(1);
  });

  it('does so over HTTP/2', async () => {
    const one = await agent({ requiredGroups: members });
    const { answer } = await watch(one.token(members, 120));
    const session = http2Session(gateway);
    const authorization = `Bearer ${one.token(['others'])}`;
    const head = { ':path': pods, ':method': 'GET', authorization };
    expect(await http2Call(session, head)).toMatchObject({ status: 403 });
    session.close();
    expect((await answer).body).toContain('grant_group_lost');
  });

  it('does so when another grant allows the call', async () => {
    const one = await agent({ requiredGroups: members });
    await gateway.grant({ subject: one.subject });
    await eventually(async () =>
      expect((await gateway.call(pods, { token: one.token([]) })).status).toBe(200),
    );
    await eventually(async () =>
      expect(await uses(one)).toMatchObject([{ type: 'GrantGroupLost' }]),
    );
  });
});

describe('a token that says nothing of the time behind the grant', () => {
  it('is refused when it is older, and ends nothing', async () => {
    const one = await agent({ requiredGroups: members });
    const { answer, seen } = await watch(one.token(members, 120));
    expect(codeOf(await gateway.call(pods, { token: one.token([], 61) }))).toBe('grant_group_lost');
    const allowed = await gateway.call(pods, { token: one.token(members, 120) });
    expect(allowed.status).toBe(200);
    expect(seen.ended).toBe(false);
    expect(await uses(one)).toStrictEqual([]);
    await gateway.append(one.requestId, {
      type: 'GrantRevoked',
      data: { grantId: one.grantId, reason: 'over' },
    });
    await answer;
  });

  it('of another agent ends nothing', async () => {
    const one = await agent({ requiredGroups: members });
    const other = gateway.issuer.token({ sub: 'somebody-else' });
    expect(codeOf(await gateway.call(pods, { token: other }))).toBe('no_grant');
    expect(await uses(one)).toStrictEqual([]);
  });
});

describe('a grant that was issued for later', () => {
  it('opens at its second, and until then every call is told when', async () => {
    const startsInSeconds = 3;
    const startsAt = Date.now() + startsInSeconds * 1_000;
    const one = await agent({ startsInSeconds, ageSeconds: 0 });
    const token = one.token([]);
    const first = await gateway.call(pods, { token });
    // Unless the machine has slept for the whole time.
    if (Date.now() < startsAt) {
      expect(codeOf(first)).toBe('grant_not_started');
      expect(first.body).toContain('opens at');
    }
    const openedAt = await eventually(async () => {
      const { status } = await gateway.call(pods, { token });
      expect(status).toBe(200);
      return Date.now();
    });
    expect(openedAt).toBeGreaterThanOrEqual(startsAt);
  });
});

describe('a grant for one run of its agent', () => {
  it('lets no token of another run ride on it, over either protocol', async () => {
    const { subject: sub } = await agent();
    const { grantId } = await gateway.grant({ subject: `${sub}-run`, runId: 'nightly-1' });
    const tokenOf = (run?: string) =>
      gateway.issuer.token({ sub: `${sub}-run`, ...(run !== undefined && { run }) });
    const own = tokenOf('nightly-1');
    await eventually(async () =>
      expect((await gateway.call(pods, { token: own })).status).toBe(200),
    );
    const session = http2Session(gateway);
    for (const token of [tokenOf('nightly-2'), tokenOf()]) {
      const refused = await gateway.call(pods, { token });
      expect([refused.status, codeOf(refused)]).toStrictEqual([403, 'grant_run_wrong']);
      const version = await gateway.call('/connections/prod/version', { token });
      expect(codeOf(version)).toBe('grant_run_wrong');
      const certificate = await gateway.call(`/grants/${grantId}/certificate`, {
        token,
        method: 'POST',
      });
      expect(certificate.status).toBe(403);
      const authorization = `Bearer ${token}`;
      const head = { ':path': pods, ':method': 'GET', authorization };
      expect(await http2Call(session, head)).toMatchObject({ status: 403 });
    }
    session.close();
    expect((await gateway.call(pods, { token: own })).status).toBe(200);
  });
});
