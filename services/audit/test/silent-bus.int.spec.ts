import {
  connectJetStream,
  declareStreams,
  recordCommands,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { createLogger, loadConfig, type RunningService } from '@drawbridge/runtime';
import {
  eventually,
  startNats,
  startNatsRelay,
  type NatsRelay,
  type TestNats,
} from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AuditConfig } from '../src/config.js';
import { startAudit } from '../src/start-audit.js';
import { commandIdAt, refused } from './sample-records.js';
import { startTestStore, type TestStore } from './test-store.js';

/* T26: a bus that takes connections and messages, answers pings, and delivers nothing. */

const patient = { timeoutMs: 40_000 };
let nats: TestNats;
let relay: NatsRelay;
let direct: JetStreamConnection;
let store: TestStore;
let service: RunningService;

beforeAll(async () => {
  nats = await startNats();
  direct = await connectJetStream({ servers: nats.servers, name: 'test' });
  await declareStreams(direct, { replicas: 1 });
  relay = await startNatsRelay(nats.servers);
  store = await startTestStore();
  service = await startAudit(
    loadConfig(AuditConfig, {
      ...{ NATS_URL: relay.url, HTTP_PORT: '0', AUDITOR_GROUPS: 'auditors' },
    }),
    {
      logger: createLogger('audit', { level: 'fatal' }),
      createClient: () => store.client,
      limits: { maxMessages: 50, ackWaitMs: 2_000 },
    },
  );
});
afterAll(async () => {
  relay.restore();
  await service.close();
  await relay.close();
  await store.stop();
  await direct.close();
  await nats.stop();
});

const id = () => commandIdAt(new Date().toISOString());
const readiness = async () => (await fetch(`${service.addresses['http'] ?? ''}/readyz`)).json();
const isStored = (commandId: string) =>
  eventually(async () => {
    const rows = await store.rows(
      `SELECT 1 AS one FROM drawbridge.commands FINAL WHERE command_id = '${commandId}'`,
    );
    expect(rows).toHaveLength(1);
  }, patient);

it('audit says that it gets nothing, and stores all of it when it does', async () => {
  const [before, meanwhile] = [id(), id()];
  await recordCommands(direct, refused(before));
  await isStored(before);
  relay.silence();
  await recordCommands(direct, refused(meanwhile));
  await eventually(async () => {
    expect(await readiness()).toMatchObject({ status: 'not_ready', checks: { ingest: false } });
  }, patient);
  relay.restore();
  await isStored(meanwhile);
  await eventually(async () => {
    expect(await readiness()).toMatchObject({ checks: { ingest: true, nats: true } });
  }, patient);
}, 120_000);
