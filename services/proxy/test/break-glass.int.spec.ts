import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGateway, statusOf, type Gateway } from './gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const payments = '/connections/prod/api/v1/namespaces/payments';
/** One agent has a grant that was approved, the other one broke the glass. */
const [ordinary, atNight] = ['agent-oncall', 'alice'];
let upstream: RecordingUpstream;
let gateway: Gateway;

const guardrails = `apiVersion: drawbridge.dev/v1alpha1
kind: Guardrail
metadata: {name: deletes}
spec:
  rules:
    - {name: pods, match: {verbs: [delete], resources: [pods]}, action: hold, reason: gone is gone, breakGlass: pass}
    - {name: maps, match: {verbs: [delete], resources: [configmaps]}, action: hold, reason: gone is gone}
    - {name: nodes, match: {verbs: [delete], resources: [services]}, action: deny, reason: never}
`;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  const { address: server, certificateAuthority } = upstream;
  const credential = 'type: bearerToken\nfile: cluster.token';
  gateway = await startGateway({
    connections: [{ name: 'prod', server, certificateAuthority, credential }],
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'cluster-token');
  await writeFile(join(gateway.directory, 'guardrails.yaml'), guardrails);
  await gateway.grant({ subject: ordinary });
  await gateway.grant({ subject: atNight, breakGlass: true });
  for (const subject of [ordinary, atNight]) {
    await eventually(async () => expect((await call(subject, 'pods')).status).toBe(200));
    await eventually(async () =>
      expect(refusalOf(await call(subject, 'services/web', 'DELETE'))).toBe('guardrail_denied'),
    );
  }
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.received.length = 0;
});

const call = (subject: string, path: string, method = 'GET') =>
  gateway.call(`${payments}/${path}`, { method, token: gateway.issuer.token({ sub: subject }) });
/** A hold looks at the object; that is no call of the agent. */
const deleted = () => upstream.received.filter(({ method }) => method === 'DELETE').length;
const refusalOf = (answer: Awaited<ReturnType<typeof call>>) =>
  answer.headers['drawbridge-refusal'];

describe('a call under a grant that nobody approved', () => {
  it('passes a rule that holds and says so, and the record names it', async () => {
    expect(refusalOf(await call(ordinary, 'pods/web', 'DELETE'))).toMatch(/^hold_/);
    expect(deleted()).toBe(0);
    expect((await call(atNight, 'pods/web', 'DELETE')).status).toBe(200);
    expect(deleted()).toBe(1);
    await eventually(async () => {
      const records = await gateway.records();
      const started = records.filter(({ type }) => type === 'CommandStarted');
      expect(started).toContainEqual(
        expect.objectContaining({
          agent: expect.objectContaining({ subject: atNight }) as object,
          verb: 'delete',
          rule: 'deletes/pods',
          matched: [{ rule: 'deletes/pods', action: 'recordOnly' }],
        }),
      );
    });
  });

  it('is held and denied by every other rule', async () => {
    expect(refusalOf(await call(atNight, 'configmaps/web', 'DELETE'))).toMatch(/^hold_/);
    expect(refusalOf(await call(atNight, 'services/web', 'DELETE'))).toBe('guardrail_denied');
    expect(deleted()).toBe(0);
  });

  it('is not forwarded when it cannot be recorded, a read neither', async () => {
    await gateway.nats.kill();
    await eventually(async () => expect((await call(atNight, 'pods')).status).toBe(503));
    const before = upstream.received.length;
    const refused = await call(atNight, 'pods');
    expect(['record_unavailable', 'proxy_not_ready']).toContain(statusOf(refused).cause);
    expect(upstream.received).toHaveLength(before);
    await gateway.nats.restart();
    await eventually(async () => expect((await call(atNight, 'pods')).status).toBe(200));
  });
});
