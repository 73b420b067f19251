import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeadLettersView,
  DeadLetterView,
  Problem,
  type Principal,
  type WebhookDocument,
} from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  accessEventStore,
  countOpenParked,
  countParked,
  deleteDurable,
  durableConsumer,
  durablesOf,
  startPull,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { Closers } from '@drawbridge/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWebhooks } from '../src/webhooks/start-webhooks.js';
import { DeadLetters } from '../src/webhooks/dead-letters.js';
import { UnusedDurables } from '../src/webhooks/unused-durables.js';
import { startWorld, type Replica, type World } from './approval-world.js';
import { agent, alice, frank } from './sample-events.js';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';

const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
const NAME = 'approval-webhooks';
let receiver: WebhookReceiver;
let world: World;
let replicas: readonly [Replica, Replica];
let directory: string;
let clockOffsetMs = 0;
const clock = () => new Date(Date.now() + clockOffsetMs);

const hook = (name: string): WebhookDocument => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Webhook',
  metadata: { name, labels: {} },
  spec: {
    url: `${receiver.url}/${name}`,
    events: ['AccessRequested', 'AccessRequestValidated'],
    for: 'all',
    secretFile: join(directory, 'secret'),
    allowInsecureHttp: true,
  },
});

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-letters-'));
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  await writeFile(join(directory, 'secret'), secret, { mode: 0o600 });
  world = await startWorld({ documents: [hook('dead'), hook('gone')] });
  replicas = [await world.start({ clock }), await world.start({ clock })];
});
afterAll(async () => {
  await world.stop();
  await receiver.close();
  await rm(directory, { recursive: true });
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** A connection whose process is gone when it would publish anything. */
const killedAtPublish = (connection: JetStreamConnection): JetStreamConnection =>
  replacing(connection, 'jetstream', () =>
    replacing(connection.jetstream, 'publish', () => {
      throw new Error('killed');
    }),
  );

const replacing = <Whole extends object>(whole: Whole, name: string, by: () => unknown): Whole =>
  new Proxy(whole, {
    get: (target, wanted) => {
      if (wanted === name) return by();
      const value: unknown = Reflect.get(target, wanted, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

interface Call {
  readonly as?: Principal | undefined;
  readonly method?: string;
  readonly replica?: Replica;
}
async function call(
  path: string,
  { as = frank, method = 'GET', replica = replicas[0] }: Call = {},
) {
  const headers = { authorization: await world.tokens.bearer(as) };
  const response = await fetch(`${replica.url}/v1/webhooks/dead-letters${path}`, {
    method,
    headers,
  });
  const json: unknown = await response.json();
  return { status: response.status, json };
}
const list = async (query = '', replica = replicas[0]) =>
  DeadLettersView.parse((await call(query, { replica })).json);
const codeOf = async (path: string, options: Call = {}) => {
  const { status, json } = await call(path, options);
  return [status, Problem.parse(json).code];
};
const retry = (sequence: number, options: Call = {}) =>
  call(`/${sequence}/retry`, { method: 'POST', ...options });
async function firstOf(webhook: string): Promise<DeadLetterView> {
  const letter = (await list()).items.find((one) => one.webhook === webhook);
  if (letter === undefined) throw new Error(`no dead letter of ${webhook}`);
  return letter;
}
const lettersOf = (total: number) =>
  expect.poll(async () => (await list()).total, { timeout: 60_000 }).toBe(total);

describe('what no receiver took for a day', () => {
  it('is listed with what it tells of, at every replica', async () => {
    receiver.answer('/dead', 503);
    receiver.answer('/gone', 503);
    const requestId = await world.ask();
    await expect.poll(() => receiver.calls('/dead')).toBeGreaterThan(0);
    await expect.poll(() => receiver.calls('/gone')).toBeGreaterThan(0);
    expect(await list()).toStrictEqual({ items: [], total: 0 });
    clockOffsetMs = 25 * 3_600_000;
    const parked = () => countParked(world.connection, NAME);
    await expect.poll(parked, { timeout: 60_000 }).toBe(4);
    // Tokens are of today.
    clockOffsetMs = 0;
    await lettersOf(4);
    const { items } = await list('', replicas[1]);
    expect(items.map(({ webhook }) => webhook).toSorted()).toStrictEqual([
      ...['dead', 'dead', 'gone', 'gone'],
    ]);
    const events = await world.history(requestId);
    expect(items[0]).toMatchObject({ code: 'webhook_given_up' });
    expect(new Set(items.map(({ event }) => event?.id))).toStrictEqual(
      new Set(events.slice(0, 2).map(({ id }) => id)),
    );
    expect(items.every(({ event }) => event?.accessRequestId === requestId)).toBe(true);
    expect((await list('?limit=1')).items).toStrictEqual(items.slice(0, 1));
    expect((await list('?limit=1')).total).toBe(4);
  });

  it('stays while its receiver takes nothing, and is gone when it does', async () => {
    const number = (await firstOf('dead')).sequence;
    const event = (await firstOf('dead')).event;
    expect(await codeOf(`/${number}/retry`, { method: 'POST' })).toStrictEqual([
      502,
      'webhook_refused',
    ]);
    expect((await firstOf('dead')).sequence).toBe(number);
    receiver.answer('/dead', 204);
    const { status, json } = await retry(number);
    expect([status, DeadLetterView.parse(json).sequence]).toStrictEqual([200, number]);
    const [taken] = receiver.taken('/dead', event?.accessRequestId);
    expect([taken?.id, taken?.type]).toStrictEqual([event?.id, event?.type]);
    await lettersOf(3);
    expect(
      await codeOf(`/${number}/retry`, { method: 'POST', replica: replicas[1] }),
    ).toStrictEqual([404, 'dead_letter_unknown']);
    await expect
      .poll(async () => {
        const answer = await fetch(`${replicas[1].url}/readyz`);
        return ((await answer.json()) as { figures: Record<string, number> }).figures[
          'deadLetters'
        ];
      })
      .toBe(3);
    // Nothing of what is recorded is taken away.
    expect(await countParked(world.connection, NAME)).toBe(4);
  });

  it('is sent again under the same id when whoever sent it was killed before noting that', async () => {
    const options = { connection: world.connection, clock, logger };
    const store = accessEventStore(world.connection, 'approval');
    const webhooks = () => [hook('dead')];
    const letter = await firstOf('dead');
    const number = letter.sequence;
    const sent = () => receiver.taken('/dead', letter.event?.accessRequestId).map(({ id }) => id);
    const before = sent().length;
    const killed = killedAtPublish(world.connection);
    await expect(
      new DeadLetters({ ...options, connection: killed, store, webhooks }).retry(number, 'frank'),
    ).rejects.toThrow('acknowledge');
    expect(sent().slice(before)).toStrictEqual([letter.event?.id]);
    expect(await list()).toHaveProperty('total', 3);
    const half = new DeadLetters({ ...options, store, webhooks });
    await half.retry(number, 'frank');
    expect(sent().slice(before)).toStrictEqual([letter.event?.id, letter.event?.id]);
    await expect(half.retry(number, 'frank')).rejects.toThrow('no dead letter');
    expect(await countOpenParked(world.connection, NAME)).toBe(2);
  });

  it('cannot be sent when there is no such webhook any more', async () => {
    const { sequence } = await firstOf('gone');
    await world.configure([hook('dead')]);
    await expect
      .poll(() => codeOf(`/${sequence}/retry`, { method: 'POST' }))
      .toStrictEqual([409, 'webhook_unknown']);
  });

  it.each(['0', '-1', '1e3', '999999999999', 'x', '1 '])(
    'is not found by the number %j',
    async (number) =>
      expect(await codeOf(`/${number}/retry`, { method: 'POST' })).toStrictEqual([
        404,
        'dead_letter_unknown',
      ]),
  );

  it('is for administrators alone', async () => {
    for (const path of ['', '/1/retry']) {
      const method = path === '' ? 'GET' : 'POST';
      expect(await codeOf(path, { as: alice, method })).toStrictEqual([403, 'admins_only']);
      expect(await codeOf(path, { as: { ...agent, groups: ['platform'] }, method })).toStrictEqual([
        403,
        'approver_not_human',
      ]);
    }
    const bare = await fetch(`${replicas[0].url}/v1/webhooks/dead-letters`);
    expect(bare.status).toBe(401);
  });
});

describe('dead letters without end', () => {
  it('are not given up any more, and none is lost', async () => {
    const own = await mkdtemp(join(tmpdir(), 'drawbridge-full-'));
    await writeFile(join(own, 'hook.yaml'), JSON.stringify(hook('full')));
    const before = await countParked(world.connection, NAME);
    receiver.answer('/full', 503);
    const closers = new Closers();
    const tomorrow = () => new Date(Date.now() + 25 * 3_600_000);
    const { connection } = world;
    const surroundings = { directory: own, connection, clock: tomorrow, logger, ackWaitMs: 2_000 };
    await startWebhooks({ ...surroundings, maxDeadLetters: 0 }, closers);
    const requestId = await world.ask();
    // Both of its messages come again, although a day has passed.
    await expect.poll(() => receiver.calls('/full')).toBeGreaterThan(3);
    expect(await countParked(connection, NAME)).toBe(before);
    receiver.answer('/full', 204);
    await expect.poll(() => receiver.taken('/full', requestId)).toHaveLength(2);
    await closers.close();
    await rm(own, { recursive: true });
  });
});

describe('the consumer of a webhook', () => {
  const prefix = 'approval-hook-';
  const names = async () =>
    (await durablesOf(world.connection, ACCESS_STREAM, prefix)).map(({ name }) => name).toSorted();

  it('is deleted when nobody has used it for an hour, and its document is gone', async () => {
    const made = { stream: ACCESS_STREAM, ackWaitMs: 1_000, from: 'now' } as const;
    await durableConsumer(world.connection, { ...made, durable: `${prefix}left` });
    let now = Date.UTC(2026, 0, 5);
    const known: string[] = ['dead', 'kept'];
    await durableConsumer(world.connection, { ...made, durable: `${prefix}kept` });
    const unused = new UnusedDurables({
      connection: world.connection,
      stream: ACCESS_STREAM,
      names: () => known,
      clock: () => new Date(now),
      logger,
    });
    await unused.look();
    now += 3_599_999;
    await unused.look();
    expect(await names()).toContain(`${prefix}left`);
    now += 1;
    await unused.look();
    expect(await names()).not.toContain(`${prefix}left`);
    expect(await names()).toEqual(expect.arrayContaining([`${prefix}dead`, `${prefix}kept`]));
  });

  it('stays while another replica, with another configuration, pulls from it', async () => {
    let now = Date.UTC(2026, 0, 5);
    const unused = new UnusedDurables({
      connection: world.connection,
      stream: ACCESS_STREAM,
      names: () => [],
      clock: () => new Date(now),
      logger,
      unusedMs: 0,
    });
    // Between two pulls there may be none for a moment; only what was unused at two looks is deleted.
    await expect
      .poll(async () => {
        const seen = await durablesOf(world.connection, ACCESS_STREAM, `${prefix}dead`);
        return seen[0]?.isPulled;
      })
      .toBe(true);
    const other = `${prefix}back`;
    const made = { stream: ACCESS_STREAM, durable: other, ackWaitMs: 1_000, from: 'now' } as const;
    const consumer = await durableConsumer(world.connection, made);
    const pull = await startPull(world.connection, consumer, { maxMessages: 1, expiresMs: 60_000 });
    const pulled = all(pull);
    await expect
      .poll(async () => (await durablesOf(world.connection, ACCESS_STREAM, other))[0]?.isPulled)
      .toBe(true);
    now += 1;
    await unused.look();
    now += 1;
    await unused.look();
    expect(await names()).toContain(other);
    await pull.close();
    expect(await pulled).toStrictEqual([]);
    await deleteDurable(world.connection, ACCESS_STREAM, other);
    await deleteDurable(world.connection, ACCESS_STREAM, other);
    expect(await names()).not.toContain(other);
  });
});
