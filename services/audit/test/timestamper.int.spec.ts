import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TimestampPage } from '@drawbridge/contracts';
import { openTimestamp, signerOf } from '@drawbridge/integrity';
import { connectJetStream, declareStreams, type JetStreamConnection } from '@drawbridge/jetstream';
import { createLogger, loadConfig } from '@drawbridge/runtime';
import {
  eventually,
  startNats,
  startTimeStamper,
  type TestNats,
  type TestTimeStamper,
} from '@drawbridge/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditConfig } from '../src/config.js';
import { Sealer } from '../src/integrity/sealer.js';
import { startSealing } from '../src/integrity/start-sealing.js';
import { Timestamper, type TimestamperOptions } from '../src/integrity/timestamper.js';
import { SealedRecord } from '../src/nats/sealed-record.js';
import { tokenOf } from './demo-tokens.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const bound = { timeoutMs: 60_000 };
const run = promisify(execFile);
const logger = createLogger('audit', { level: 'fatal' });
const clock = () => new Date();
const newKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

let nats: TestNats;
let stamper: TestTimeStamper;
let connection: JetStreamConnection;
let running: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  [nats, stamper] = await Promise.all([startNats(), startTimeStamper()]);
});
afterAll(() => Promise.all([nats.stop(), stamper.stop()]));
beforeEach(async () => {
  connection = await connectJetStream({ servers: nats.servers, name: 'test' });
  for (const { config } of await connection.manager.streams.list().next()) {
    await connection.manager.streams.delete(config.name);
  }
  await declareStreams(connection, { replicas: 1 });
  const keys = { name: 'audit.test', current: signerOf(newKey()), previous: [] };
  const sealer = new Sealer({ connection, keys, logger, clock, everyMs: 50 });
  sealer.start();
  running.push(sealer);
});
afterEach(async () => {
  stamper.answerWith(undefined);
  await Promise.all(running.map((one) => one.close()));
  running = [];
  await connection.close();
});

function start(more: Partial<TimestamperOptions> = {}): Timestamper {
  const { url, roots } = stamper;
  const timestamper = new Timestamper({
    ...{ connection, logger, clock, url, roots, everyMs: 50, ...more },
  });
  timestamper.start();
  running.push(timestamper);
  return timestamper;
}

const publish = () => connection.jetstream.publish('drawbridge.access.a', '{}');
const kept = async () => {
  const { items } = await new SealedRecord(connection, []).timestamps('ACCESS', 0);
  return items;
};
const sealedTo = (sequence: number) =>
  eventually(async () => {
    const { items } = await new SealedRecord(connection, ['ACCESS']).newest();
    expect(items[0]?.lastSequence).toBe(sequence);
    return items[0]?.note ?? '';
  }, bound);
const stampedNotes = async () => (await kept()).map(({ note }) => note);

describe('a checkpoint', () => {
  it('is stamped, so that we and openssl find it right', async () => {
    const timestamper = start();
    await publish();
    const note = await sealedTo(1);
    await eventually(async () => expect(await stampedNotes()).toEqual([note]), bound);
    const reply = (await kept())[0]?.reply ?? '';
    const bytes = Buffer.from(reply, 'base64');
    const { roots, directory: cwd } = stamper;
    expect(openTimestamp({ reply: bytes, content: Buffer.from(note), roots }).by).toBe('CN=tsa');
    await writeFile(join(cwd, 'COMMANDS.note'), note);
    await writeFile(join(cwd, 'COMMANDS.tsr'), bytes);
    const files = ['-data', 'COMMANDS.note', '-in', 'COMMANDS.tsr', '-CAfile', 'ca.pem'];
    const { stdout } = await run('openssl', ['ts', '-verify', ...files], { cwd });
    expect(stdout).toContain('Verification: OK');
    expect(timestamper.figures()).toMatchObject({ timestampsFailing: 0 });
    expect(timestamper.figures().lastTimestampSeconds).toBeGreaterThanOrEqual(0);
  });

  it('waits for a time stamper that is away, and sealing goes on meanwhile', async () => {
    stamper.answerWith(503);
    const timestamper = start();
    await publish();
    await eventually(() => expect(timestamper.failure).toBe('timestamp_denied'), bound);
    expect(timestamper.figures()).toEqual({ lastTimestampSeconds: -1, timestampsFailing: 1 });
    await publish();
    const newest = await sealedTo(2);
    expect(await kept()).toEqual([]);
    stamper.answerWith(undefined);
    await eventually(async () => expect((await stampedNotes()).at(-1)).toBe(newest), bound);
    await eventually(() => expect(timestamper.failure).toBeUndefined(), bound);
  });

  it.each([
    ['text', Buffer.from('hello'), 'timestamp_malformed'],
    ['more than any answer has', Buffer.alloc(100_000), 'timestamp_unavailable'],
  ])('has no timestamp of an answer that is %s', async (_what, answer, code) => {
    stamper.answerWith(answer);
    const timestamper = start();
    await publish();
    await eventually(() => expect(timestamper.failure).toBe(code), bound);
    expect(await kept()).toEqual([]);
  });

  it('has none that was made for an older one', async () => {
    const before = start();
    await publish();
    await sealedTo(1);
    await eventually(async () => expect(await kept()).toHaveLength(1), bound);
    await before.close();
    const reply = (await kept())[0]?.reply ?? '';
    stamper.answerWith(Buffer.from(reply, 'base64'));
    const timestamper = start();
    await publish();
    await eventually(() => expect(timestamper.failure).toBe('timestamp_foreign'), bound);
    expect(await kept()).toHaveLength(1);
  });

  it('has none of somebody whom nobody vouches for', async () => {
    const other = await startTimeStamper();
    const timestamper = start({ url: other.url });
    await publish();
    await eventually(() => expect(timestamper.failure).toBe('timestamp_untrusted'), bound);
    expect(await kept()).toEqual([]);
    await other.stop();
  });

  it('is stamped as often as was said, however many replicas there are', async () => {
    const everyMs = 3_600_000;
    await publish();
    await sealedTo(1);
    for (let n = 0; n < 3; n += 1) start({ everyMs });
    await eventually(async () => expect(await kept()).toHaveLength(1), bound);
    await publish();
    await sealedTo(2);
    // The stream that comes last, and had none, shows that a round is over.
    await connection.jetstream.publish('drawbridge.audit-events.a', '{}');
    const record = new SealedRecord(connection, ['AUDIT']);
    await eventually(async () => expect((await record.newest()).items).toHaveLength(1), bound);
    start({ everyMs });
    await eventually(
      async () => expect((await record.timestamps('AUDIT', 0)).items).toHaveLength(1),
      bound,
    );
    expect(await kept()).toHaveLength(1);
  });
});

describe('audit with a time stamper', () => {
  let audit: TestAudit;
  beforeAll(async () => {
    const key = join(stamper.directory, 'key.pem');
    await writeFile(key, newKey(), { mode: 0o600 });
    audit = await startTestAudit({
      AUDIT_SIGNING_KEY_FILE: key,
      AUDIT_SEAL_SECONDS: '1',
      AUDIT_TIMESTAMP_URL: stamper.url,
      AUDIT_TIMESTAMP_CA_FILE: join(stamper.directory, 'ca.pem'),
      AUDIT_TIMESTAMP_SECONDS: '1',
    });
    await audit.connection.jetstream.publish('drawbridge.access.a', '{}');
  });
  afterAll(() => audit.stop());

  const ask = (token: string) =>
    fetch(`${audit.url()}/v1/audit/streams/ACCESS/timestamps`, {
      headers: { authorization: `Bearer ${token}` },
    });

  it('gives timestamps to auditors alone, and keeps them in the row of the checkpoint', async () => {
    const auditor = tokenOf('bob', 'human', ['auditors']);
    const { items } = await eventually(async () => {
      const page = TimestampPage.parse(await (await ask(auditor)).json());
      expect(page.items).toHaveLength(1);
      return page;
    }, bound);
    await eventually(async () => {
      const rows = await audit.store.rows(
        `SELECT note, receipt, tree_size FROM drawbridge.checkpoints FINAL WHERE stream = 'ACCESS'`,
      );
      expect(rows).toEqual([{ note: items[0]?.note, receipt: items[0]?.reply, tree_size: 1 }]);
    }, bound);
    expect((await ask(tokenOf('a', 'agent', ['auditors']))).status).toBe(403);
    expect((await ask(tokenOf('erin', 'human', ['developers']))).status).toBe(403);
    const ready = (await (await fetch(`${audit.url()}/readyz`)).json()) as {
      figures: Record<string, number>;
    };
    expect(ready.figures).toMatchObject({ timestampsFailing: 0 });
  });
});

describe('what is configured of a time stamper', () => {
  const of = (more: Record<string, string>) => () => {
    const key = { AUDIT_SIGNING_KEY_FILE: join(stamper.directory, 'key.pem') };
    const config = loadConfig(AuditConfig, { AUDITOR_GROUPS: 'a', ...key, ...more });
    return startSealing(config, { connection, logger, clock });
  };

  it.each([
    [{ AUDIT_TIMESTAMP_URL: 'http://tsa.example.com' }, /AUDIT_TIMESTAMP_URL.*https/s],
    [{ AUDIT_TIMESTAMP_URL: 'https://me:secret@tsa.example.com' }, /AUDIT_TIMESTAMP_URL/],
    [{ AUDIT_TIMESTAMP_URL: 'https://tsa.example.com' }, /AUDIT_TIMESTAMP_CA_FILE.*is needed/s],
    [
      { AUDIT_TIMESTAMP_URL: 'https://a.test', AUDIT_TIMESTAMP_CA_FILE: 'package.json' },
      /AUDIT_TIMESTAMP_CA_FILE.*no certificates/s,
    ],
    [{ AUDIT_TIMESTAMP_SECONDS: '0' }, /AUDIT_TIMESTAMP_SECONDS/],
  ])('%j is refused', (environment, message) => {
    expect(of(environment)).toThrow(message);
  });
});
