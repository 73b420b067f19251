import { connectJetStream, declareStreams, type JetStreamConnection } from '@drawbridge/jetstream';
import {
  eventually,
  startNats,
  startNatsRelay,
  type NatsRelay,
  type TestNats,
} from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { IdentityUnderTest } from './identity-under-test.js';

/* T26: a bus that takes connections and messages, answers pings, and delivers nothing. */

const patient = { timeoutMs: 20_000 };
let nats: TestNats;
let connection: JetStreamConnection;
let relay: NatsRelay;

beforeAll(async () => {
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'streams' });
  await declareStreams(connection, { replicas: 1 });
  relay = await startNatsRelay(nats.servers);
});
afterAll(async () => {
  await relay.close();
  await connection.close();
  await nats.stop();
});

it.each(['silent still', 'back'])(
  'closes when the bus that fell silent is %s',
  async (now) => {
    const identity = await IdentityUnderTest.start({ NATS_URL: relay.url });
    await identity.ready();
    const status = async () => (await identity.call('/readyz')).status;
    relay.silence();
    await eventually(async () => expect(await status()).toBe(503), patient);
    if (now === 'back') relay.restore();
    await expect(identity.halt()).resolves.toBeUndefined();
    relay.restore();
    await identity.stop();
  },
  60_000,
);
