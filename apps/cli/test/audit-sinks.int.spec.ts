import { ParkedHeaders } from '@drawbridge/jetstream';
import { headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCli } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

let services: RealServices;

beforeAll(async () => {
  await buildCli();
  services = await startRealServices();
});
afterAll(() => services.stop());

const human = (id: string) => services.logIn(id);

/** As audit parks what a sink refused. */
async function park(text: string): Promise<string> {
  const header = headers();
  header.set(ParkedHeaders.stream, 'COMMANDS');
  header.set(ParkedHeaders.sequence, '4711');
  header.set(ParkedHeaders.subject, 'drawbridge.commands._batch.x');
  header.set(ParkedHeaders.consumer, 'sink-gone');
  header.set(ParkedHeaders.code, 'sink_refused');
  header.set(ParkedHeaders.line, '3');
  const subject = 'drawbridge.parked.audit-sinks';
  const { seq } = await services.connection.jetstream.publish(subject, text, { headers: header });
  return String(seq);
}

it('auditors list what no sink took and have it sent again; nobody else does', async () => {
  const [bob, erin] = [await human('human-bob'), await human('human-erin')];
  const list = ['audit', 'sinks', 'parked'] as const;
  expect((await bob.drawbridge(...list)).stdout).toBe('every record was taken\n');
  const number = await park('{"type":"CommandRefused","at":"2026-11-22T10:00:00.000Z"}');
  const broken = await park('{"type":"\u001b[2J');
  const { stdout } = await bob.drawbridge(...list);
  expect(stdout).toMatch(
    new RegExp(`${number} +gone +COMMANDS +4711 +3 +CommandRefused +2026-11-22T10:00:00.000Z`),
  );
  expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  expect((await bob.drawbridge(...list, '--limit', '1')).stdout).toContain('and 1 more');
  expect((await bob.drawbridge(...list, '--limit', '0')).code).toBe(2);
  const retry = (one: string) => ['audit', 'sinks', 'retry', one] as const;
  expect((await bob.drawbridge(...retry(number))).stderr).toContain('sink_unknown');
  expect((await bob.drawbridge(...retry(broken))).stderr).toContain('sink_unknown');
  expect((await bob.drawbridge(...retry('x'))).code).toBe(2);
  for (const command of [list, retry(number)]) {
    expect(await erin.drawbridge(...command)).toMatchObject({ code: 4, stdout: '' });
  }
  // Without a word behind it, it is what it was.
  expect((await bob.drawbridge('audit', 'sinks')).stdout).toBe('no sinks\n');
});

it('administrators list what no webhook took; nobody else does', async () => {
  const [alice, erin] = [await human('human-alice'), await human('human-erin')];
  const list = ['webhooks', 'dead-letters'] as const;
  expect(await alice.drawbridge(...list, '--limit', '5')).toMatchObject({
    ...{ code: 0, stdout: 'every message was taken\n' },
  });
  expect(await erin.drawbridge(...list)).toMatchObject({ code: 4, stdout: '' });
  expect((await alice.drawbridge('webhooks', 'retry', '4711')).stderr).toContain(
    'dead_letter_unknown',
  );
});
