import { eventually, startNatsRelay, type NatsRelay } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorld, type World } from './approval-world.js';

/* T26: a bus that takes connections and messages, answers pings, and delivers nothing. */

const patient = { timeoutMs: 20_000 };
let world: World;
let relay: NatsRelay;

beforeAll(async () => {
  world = await startWorld();
  relay = await startNatsRelay(world.nats.servers);
});
afterAll(async () => {
  await relay.close();
  await world.stop();
});

it.each(['silent still', 'back'])(
  'closes when the bus that fell silent is %s',
  async (now) => {
    const replica = await world.start({ env: { NATS_URL: relay.url } });
    const status = async () => (await fetch(`${replica.url}/readyz`)).status;
    await eventually(async () => expect(await status()).toBe(200));
    relay.silence();
    await eventually(async () => expect(await status()).toBe(503), patient);
    if (now === 'back') relay.restore();
    await expect(replica.close()).resolves.toBeUndefined();
    relay.restore();
  },
  60_000,
);
