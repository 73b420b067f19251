import { randomUUID } from 'node:crypto';
import { Controller, Get, Module } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { AppError } from '@drawbridge/kernel';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  JetStreamStrategy,
} from '@drawbridge/jetstream';
import { eventually, startNats } from '@drawbridge/testing';
import { expect, it } from 'vitest';
import { createHttpApp, createLogger, startHttpApp } from '../src/index.js';

let attempts = 0;

@Controller()
class Both {
  @Get('/hello')
  hello() {
    return { hello: true };
  }
  @EventPattern('ApprovalGiven')
  on(@Payload() event: unknown) {
    attempts += 1;
    if (attempts === 1) throw new AppError('not_now', `later ${typeof event}`);
  }
}

@Module({ controllers: [Both] })
class BothModule {}

it('runs HTTP and events in one application, and tells the transport the code of a failure', async () => {
  const nats = await startNats();
  const connection = await connectJetStream({ servers: nats.servers, name: 'both' });
  await declareStreams(connection, { replicas: 1 });
  const lines: string[] = [];
  const logger = createLogger('both', { destination: { write: (line) => lines.push(line) } });
  const events = new JetStreamStrategy({ connection, stream: 'ACCESS', durable: 'both', logger });
  const app = await createHttpApp(BothModule, {
    logger,
    health: { events: () => events.health().connected },
    transports: [events],
  });
  const address = await startHttpApp(app, { host: '127.0.0.1', port: 0 });
  expect(await (await fetch(`${address}/hello`)).json()).toStrictEqual({ hello: true });
  expect((await fetch(`${address}/readyz`)).status).toBe(200);

  await accessEventStore(connection, 'approval').append({
    aggregateId: randomUUID(),
    position: { lastSequence: 0 },
    event: {
      type: 'ApprovalGiven',
      data: {
        approver: { kind: 'human', issuer: 'https://idp.test', subject: 'a', groups: [] },
        via: 'http',
      },
    },
    metadata: {
      id: randomUUID(),
      causationId: 'test',
      actor: { kind: 'service', id: 'approval' },
      at: '2026-01-05T09:00:00.000Z',
    },
  });
  await eventually(() => expect(events.health().lastError).toBe('not_now'));
  expect(lines.join('')).toContain('"code":"not_now"');
  await eventually(() => expect(attempts).toBe(2));
  await eventually(() => expect(events.health().lastError).toBeUndefined());

  await nats.kill();
  await eventually(async () => expect((await fetch(`${address}/readyz`)).status).toBe(503));
  await nats.restart();
  await eventually(async () => expect((await fetch(`${address}/readyz`)).status).toBe(200));
  await app.close();
  await connection.close();
  await nats.stop();
});
