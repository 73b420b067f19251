import { createLogger, loadConfig, type RunningService } from '@drawbridge/runtime';
import { eventually, startNatsRelay, type NatsRelay } from '@drawbridge/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

import { PolicyConfig, startPolicy } from '../src/index.js';
import { PolicyWorld } from './policy-under-test.js';

/* T26: a bus that takes connections and messages, answers pings, and delivers nothing. */

const patient = { timeoutMs: 20_000 };
let world: PolicyWorld;
let relay: NatsRelay;
let service: RunningService;

beforeAll(async () => {
  world = await PolicyWorld.start();
  relay = await startNatsRelay(world.nats.servers);
});
afterAll(async () => {
  await relay.close();
  await world.stop();
});
beforeEach(async () => {
  const config = loadConfig(PolicyConfig, { ...world.environment(), NATS_URL: relay.url });
  service = await startPolicy(config, { logger: createLogger('policy', { level: 'fatal' }) });
});
afterEach(async () => {
  await service.close();
});

const status = async () => (await fetch(`${service.addresses['http'] ?? ''}/readyz`)).status;

it('policy says that it hears nothing, and comes back by itself', async () => {
  await eventually(async () => expect(await status()).toBe(200));
  relay.silence();
  await eventually(async () => expect(await status()).toBe(503), patient);
  relay.restore();
  await eventually(async () => expect(await status()).toBe(200), patient);
}, 60_000);

it.each(['silent still', 'back'])(
  'policy closes when the bus that fell silent is %s',
  async (now) => {
    await eventually(async () => expect(await status()).toBe(200));
    relay.silence();
    await eventually(async () => expect(await status()).toBe(503), patient);
    if (now === 'back') relay.restore();
    await expect(service.close()).resolves.toBeUndefined();
    relay.restore();
  },
  60_000,
);
