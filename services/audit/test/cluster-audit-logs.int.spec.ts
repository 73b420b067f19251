import { appendFileSync, renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterAuditRig, digest, eventOf, token } from './cluster-audit-rig.js';
import { tokenOf } from './demo-tokens.js';
import type { TestAudit } from './test-audit.js';

let rig: ClusterAuditRig;
let audit: TestAudit;
beforeAll(async () => {
  rig = await ClusterAuditRig.start();
  ({ audit } = rig);
});
afterAll(() => rig.stop());

describe('the log file of an API server', () => {
  const write = (...events: object[]) =>
    appendFileSync(rig.log, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const found = (id: string) =>
    eventually(async () => expect(await rig.alarmsOf(id)).toHaveLength(1), { timeoutMs: 45_000 });

  it('is followed as it grows, also when a line comes in parts', async () => {
    const [one, two] = [eventOf(), eventOf()];
    write(one);
    const text = JSON.stringify(two);
    appendFileSync(rig.log, text.slice(0, 40));
    await found(one.auditID);
    appendFileSync(rig.log, `${text.slice(40)}\n`);
    await found(two.auditID);
  });

  it('is followed through rotation, and through a restart, without a gap', async () => {
    const [before, after, meanwhile, rotated, last] = [1, 2, 3, 4, 5].map(() => eventOf());
    write(before!);
    renameSync(rig.log, join(rig.directory, 'audit-2026-11-22T10-00-00.000.log'));
    write(after!);
    await found(before!.auditID);
    await found(after!.auditID);
    await audit.pause();
    write(meanwhile!);
    renameSync(rig.log, join(rig.directory, 'audit-2026-11-22T11-00-00.000.log'));
    write(rotated!);
    await audit.restart();
    await found(meanwhile!.auditID);
    await found(rotated!.auditID);
    truncateSync(rig.log, 0);
    await eventually(async () => {
      const query = 'SELECT offset FROM drawbridge.cluster_log_positions FINAL';
      expect(await audit.store.rows(query)).toStrictEqual([{ offset: 0 }]);
    });
    write(last!);
    await found(last!.auditID);
  });

  it('is read on behind what cannot be read, which is counted', async () => {
    const figure = async (): Promise<unknown> => {
      const body: unknown = await (await fetch(`${audit.url()}/readyz`)).json();
      return (body as { figures: Record<string, number> }).figures['clusterEventsUnreadable'];
    };
    const unreadable = Number(await figure());
    const good = eventOf();
    appendFileSync(
      rig.log,
      `{"kind":"Event","user":{"usern\n\n[1]\n${JSON.stringify({ ...eventOf(), verb: 7 })}\n`,
    );
    write(good);
    await found(good.auditID);
    expect(Number(await figure()) - unreadable).toBe(3);
  });

  it('says nothing of what stood in it before audit was there', async () => {
    await rig.settled();
    expect(await rig.alarmsOf('of before audit was there')).toStrictEqual([]);
  });
});

describe('who sends the log of a cluster', () => {
  const list = () => ({ kind: 'EventList', items: [eventOf()] });

  it.each([
    ['without a token', ''],
    ['with another token', `Bearer ${'x'.repeat(32)}`],
    ['with a longer token', `Bearer ${token}x`],
    ['with the digest of the token', `Bearer sha256:${digest}`],
    ['with another scheme', `Basic ${token}`],
    ['with a token of a human', `Bearer ${tokenOf('bob', 'human', ['auditors'])}`],
  ])('%s is refused, and nothing is read', async (_, authorization) => {
    const answer = await rig.send('prod-eks', list(), authorization);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'cluster_token_refused' });
  });

  it('is refused alike for connections without a log and those that there are not', async () => {
    for (const connection of ['plain', 'nowhere', '..%2fprod-eks', 'prod-eks%00']) {
      const answer = await rig.send(connection, list());
      expect([connection, answer.status]).toStrictEqual([connection, 401]);
    }
  });

  it.each([
    ['no JSON', '{"kind":'],
    ['no list', '{"kind":"PodList","items":[]}'],
    ['nothing', ''],
    ['a number', '7'],
  ])('is refused for %s', async (_, body) => {
    const answer = await rig.send('prod-eks', body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'cluster_log_malformed' });
  });

  it('is refused for a body that is too large, without reading it', async () => {
    const answer = await rig.send('prod-eks', 'x'.repeat(17 * 1024 * 1024));
    expect(answer.status).toBe(413);
  });

  it.each([
    ['too large', 'x'.repeat(17 * 1024 * 1024), 'large'],
    ['no list', 'x', 'malformed'],
  ])('is an alarm when it is %s: it is not sent again', async (_, body, connection) => {
    expect((await rig.send(connection, body, 'Bearer x')).status).toBe(401);
    expect(await rig.lossesOf(connection)).toStrictEqual([]);
    expect((await rig.send(connection, body)).status).toBeGreaterThanOrEqual(400);
    await eventually(
      async () => expect(await rig.lossesOf(connection)).toStrictEqual(['log_unreadable']),
      { timeoutMs: 45_000 },
    );
    // One for an hour, however often; the test may run into the next one.
    await rig.send(connection, body);
    await rig.settled();
    expect((await rig.lossesOf(connection)).length).toBeLessThanOrEqual(2);
  });

  it('is told how much of it could be read', async () => {
    const good = eventOf({ userAgent: '\u202e'.repeat(5_000), auditID: 'y'.repeat(5_000) });
    const items = [good, { ...eventOf(), stage: 'x' }, null, 'x', { user: { username: 7 } }];
    const answer = await rig.send('prod-eks', { kind: 'EventList', items });
    expect(await answer.json()).toStrictEqual({ ours: 1, unreadable: 4 });
    await eventually(async () => expect(await rig.alarmsOf('y'.repeat(128))).toHaveLength(1), {
      timeoutMs: 45_000,
    });
  });
});
