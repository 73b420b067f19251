import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startDemoS3, type DemoS3 } from '@drawbridge/embedded';
import { recordCommands } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually, sourceProgram } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linesOf, objectsIn } from './bucket-reader.js';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.js';
import { refused } from './sample-records.js';
import { startSinkWorld, type SinkWorld } from './test-sinks.js';

const KILLS = 4;
const RECORDS_PER_ROUND = 600;
const RECORDS_PER_MESSAGE = 7;

let world: SinkWorld;
let otlp: OtlpReceiver;
let s3: DemoS3;
const children: ChildProcess[] = [];
beforeAll(async () => {
  [world, otlp, s3] = await Promise.all([startSinkWorld(), startOtlpReceiver(), startDemoS3()]);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await world.stop();
  await Promise.all([otlp.close(), s3.close()]);
});

function startProcess(): ChildProcess {
  const program = new URL('./sinks-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, sourceProgram(program), {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { NATS_URL: world.nats.servers, CONFIG_DIR: world.directory, LOG_LEVEL: 'fatal' },
  });
  children.push(child);
  return child;
}

const idsOf = (round: number): readonly string[] =>
  Array.from({ length: RECORDS_PER_ROUND }, (_, n) =>
    uuidV7(new Date(Date.UTC(2026, 0, 5, 9, round, 0, n))),
  );

async function publish(ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += RECORDS_PER_MESSAGE) {
    const some = ids.slice(from, from + RECORDS_PER_MESSAGE);
    await recordCommands(world.connection, ...some.map((commandId) => refused(commandId)));
  }
}

const toldOtlp = () =>
  otlp.logs.map(({ body }) => (JSON.parse(body.stringValue) as { commandId: string }).commandId);

it('killed at any moment, leaves nothing out, keeps the order, and writes each object once', async () => {
  await world.write('key-id', 'demo');
  await world.write('secret-key', 'demo-secret-access-key');
  await world.configure({
    otlp: { from: 'first', to: { type: 'otlp', url: otlp.url, allowInsecureHttp: true } },
    s3: {
      from: 'first',
      to: {
        ...{ type: 's3', bucket: s3.bucket, endpoint: s3.endpoint, allowInsecureHttp: true },
        ...{ accessKeyIdFile: 'key-id', secretAccessKeyFile: 'secret-key', intervalSeconds: 1 },
      },
    },
  });
  const all: string[] = [];
  for (let round = 0; round <= KILLS; round += 1) {
    const ids = idsOf(round);
    all.push(...ids);
    const child = startProcess();
    await publish(ids);
    if (round === KILLS) break;
    // Somewhere in the middle of what it was told: at another place each time.
    const some = RECORDS_PER_ROUND * round + 1 + round * 100;
    await eventually(() => expect(new Set(toldOtlp()).size).toBeGreaterThanOrEqual(some));
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await eventually(() => expect(new Set(toldOtlp()).size).toBe(all.length));
  expect([...new Set(toldOtlp())]).toEqual(all);

  await eventually(async () => {
    const keys = (await objectsIn(s3)).toSorted();
    const lines = (await Promise.all(keys.map((key) => linesOf(s3, key)))).flat();
    expect(lines.map(({ record }) => record['commandId'])).toEqual(all);
  });
});
