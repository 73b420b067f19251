import type { ClickHouseClient } from '@clickhouse/client';
import { expect, it } from 'vitest';
import { Identifier } from '../clickhouse/identifier.js';
import { allRows } from '../clickhouse/row-access.js';
import type { NoteView } from '../nats/note-view.js';
import { QuerySlots } from './query-slots.js';
import { Recordings } from './recordings.js';
import type { Reader } from './require-reader.js';

const commandId = '019b8d2a-1a80-7000-8000-000000000001';

/** A store with this command and nothing recorded of it yet. */
const client = {
  query: ({ query }: { readonly query: string }) => {
    const rows = query.includes('.commands ') ? [{ connection: 'prod-eks', grant_id: null }] : [];
    return Promise.resolve({ json: () => Promise.resolve(rows) });
  },
} as unknown as ClickHouseClient;

const recordingsWith = (note: NoteView) =>
  new Recordings({
    store: { client, database: Identifier.parse('drawbridge') },
    slots: new QuerySlots(),
    note,
    clock: () => new Date('2026-01-05T09:00:00.000Z'),
  });

const reader = (subject: string, isOwner = false): Reader => ({
  principal: { kind: 'human', issuer: 'https://idp.test', subject, groups: [] },
  isOwner,
  access: allRows,
  gone: new AbortController().signal,
});

const busy = { code: 'audit_busy' };

it('is followed by owners in ten places at most, and by auditors in all that are left', async () => {
  const recordings = recordingsWith(() => Promise.resolve());
  const follow = async (isOwner: boolean) => {
    const lines = await recordings.follow(commandId, 0, reader('somebody', isOwner));
    await lines.next();
    return lines;
  };
  const ofOwners = [];
  for (let n = 1; n <= 10; n += 1) ofOwners.push(await follow(true));
  await expect(follow(true)).rejects.toMatchObject(busy);
  for (let n = 1; n <= 10; n += 1) await follow(false);
  await expect(follow(false)).rejects.toMatchObject(busy);
  // A place that is free is whose it was.
  await ofOwners[0]?.return();
  const again = await follow(true);
  await expect(follow(false)).rejects.toMatchObject(busy);
  await again.return();
  await follow(false);
  await expect(follow(true)).rejects.toMatchObject(busy);
});

it('has no more followers than places when many come before the view of the first is noted', async () => {
  const noted = Promise.withResolvers<undefined>();
  let asked = 0;
  const recordings = recordingsWith(async () => {
    asked += 1;
    await noted.promise;
  });
  const followers = [];
  for (let n = 1; n <= 21; n += 1) {
    followers.push(recordings.follow(commandId, 0, reader(`auditor-${n}`)));
    await expect.poll(() => asked, { interval: 1 }).toBe(n);
  }
  noted.resolve(undefined);
  const begun = await Promise.all(followers);
  for (const lines of begun.slice(0, 20)) expect(await lines.next()).toMatchObject({ done: false });
  await expect(begun[20]?.next()).rejects.toMatchObject(busy);
});
