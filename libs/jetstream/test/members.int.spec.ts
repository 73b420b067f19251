import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Member } from '@drawbridge/contracts';
import { eventually, startNats, startNatsRelay, type TestNats } from '@drawbridge/testing';
import {
  connectJetStream,
  declareStreams,
  followMembers,
  guardedBucket,
  memberKeyOf,
  MEMBERS_BUCKET,
  type JetStreamConnection,
} from '../src/index.js';

let nats: TestNats;
let connection: JetStreamConnection;
beforeAll(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'test' });
  await declareStreams(connection, { replicas: 1 });
});
afterAll(async () => {
  await connection.close();
  await nats.stop();
});

const waiting = { timeoutMs: 60_000 };
const member = (subject: string, groups: string[]): Member => ({
  ...{ issuer: 'https://id.corp.test', subject, isGone: false, groups },
  readAt: '2026-01-05T09:00:00.000Z',
});
async function write(said: Member, key = memberKeyOf(said)): Promise<void> {
  const bucket = guardedBucket(connection, MEMBERS_BUCKET);
  await bucket.write(key, said, (await bucket.read(key)).revision);
}

describe('what directories say', () => {
  it('comes to who follows it: what is there, and what comes', async () => {
    await write(member('alice', ['old']));
    await write(member('alice', ['sre']));
    const heard: Member[] = [];
    const follower = await followMembers(connection, (said) => heard.push(said));
    await write(member('bob', []));
    const wanted = [member('alice', ['sre']), member('bob', [])];
    await eventually(() => expect(heard).toStrictEqual(wanted), waiting);
    await follower.close();
  });

  it('is passed over when it cannot be read, or stands for somebody else', async () => {
    const heard: Member[] = [];
    const follower = await followMembers(connection, (said) => heard.push(said));
    const bucket = await new Kvm(connection.jetstream).open(MEMBERS_BUCKET);
    await bucket.put('nonsense', 'no JSON');
    await bucket.put('more', JSON.stringify({ ...member('eve', []), admin: true }));
    await write(member('alice', ['admins']), memberKeyOf(member('mallory', [])));
    await bucket.delete(memberKeyOf(member('bob', [])));
    await write(member('carol', []));
    await eventually(() => expect(heard.at(-1)?.subject).toBe('carol'), waiting);
    expect(JSON.stringify(heard)).not.toMatch(/admin|eve/);
    await follower.close();
  });

  it('comes again after the server was away', async () => {
    const heard: Member[] = [];
    const follower = await followMembers(connection, (said) => heard.push(said));
    await nats.restart();
    await eventually(() => write(member('dana', ['sre'])), waiting);
    await eventually(() => expect(heard.at(-1)?.subject).toBe('dana'), waiting);
    await eventually(() => expect(follower.isCurrent()).toBe(true), waiting);
    await follower.close();
    expect(follower.isCurrent()).toBe(false);
  });

  it('is not followed any more by who closes while the bus that was cut is asked', async () => {
    const relay = await startNatsRelay(nats.servers);
    const other = await connectJetStream({ servers: relay.url, name: 'closing' });
    const heard: Member[] = [];
    const follower = await followMembers(other, (said) => heard.push(said));
    const asked = vi.spyOn(other, 'requireConnected');
    await nats.pause();
    relay.restore();
    await eventually(() => expect(asked).toHaveBeenCalled(), waiting);
    const closed = follower.close();
    await nats.resume();
    await closed;
    expect(await other.whenConnected(waiting.timeoutMs)).toBe(true);
    const later: Member[] = [];
    const second = await followMembers(other, (said) => later.push(said));
    await write(member('erin', []));
    await eventually(() => expect(later.at(-1)?.subject).toBe('erin'), waiting);
    expect(heard.map(({ subject }) => subject)).not.toContain('erin');
    await second.close();
    await other.close();
    await relay.close();
  });
});
