import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointPage, CommandProof, Problem, proofText } from '@drawbridge/contracts';
import { checkProof, openTimestamp, signerOf, type PublicKey } from '@drawbridge/integrity';
import { recordCommands } from '@drawbridge/jetstream';
import { eventually, startTimeStamper, type TestTimeStamper } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { agent, commandIdAt, ended, refused, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const bound = { timeoutMs: 60_000 };
const canary = 'canary-of-fred';
const auditor = tokenOf('bob', 'human', ['auditors']);
const dana = tokenOf('dana', 'human', { groups: [], email: 'dana@corp.test' });
const fred = tokenOf('fred', 'human', { groups: [], email: 'fred@corp.test' });
const ours = commandIdAt('2026-01-05T09:00:00.000Z');
const theirs = commandIdAt('2026-01-05T09:00:01.000Z');
const denied = commandIdAt('2026-01-05T09:00:02.000Z');
const running = commandIdAt('2026-01-05T09:00:03.000Z');

let audit: TestAudit;
let directory: string;
let stamper: TestTimeStamper;
let key: PublicKey;

const ask = (id: string, token = auditor, query = '') =>
  fetch(`${audit.url()}/v1/audit/commands/${id}/proof${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
const proofOf = async (id: string, token = auditor, query = '') =>
  CommandProof.parse(await (await ask(id, token, query)).json());
const codeOf = async (id: string, token = auditor, query = '') =>
  Problem.parse(await (await ask(id, token, query)).json()).code;
const check = (proof: CommandProof) => checkProof(proofText(proof), key);

async function newest(): Promise<CheckpointPage['items'][number]> {
  const headers = { authorization: `Bearer ${auditor}` };
  const answer = await fetch(`${audit.url()}/v1/audit/checkpoints`, { headers });
  const [item] = CheckpointPage.parse(await answer.json()).items;
  if (item === undefined) throw new Error('no checkpoint yet');
  return item;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-proof-'));
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  await writeFile(join(directory, 'key.pem'), pem, { mode: 0o600 });
  key = signerOf(pem.toString()).publicKey;
  stamper = await startTimeStamper();
  audit = await startTestAudit({
    AUDIT_SIGNING_KEY_FILE: join(directory, 'key.pem'),
    AUDIT_LOG_NAME: 'audit.test',
    AUDIT_SEAL_SECONDS: '1',
    AUDIT_TIMESTAMP_URL: stamper.url,
    AUDIT_TIMESTAMP_CA_FILE: join(stamper.directory, 'ca.pem'),
    AUDIT_TIMESTAMP_SECONDS: '3600',
  });
  const stranger = { ...agent, subject: 'agent-billing', owner: 'fred@corp.test' };
  const other = { agent: stranger, grantId: randomUUID(), name: canary };
  // One message holds lines of both owners.
  await recordCommands(
    audit.connection,
    ...[started(theirs, other), started(ours), refused(denied), started(running)],
  );
  await eventually(async () => expect(await newest()).toMatchObject({ lastSequence: 1 }), bound);
  // The end comes under another checkpoint.
  await recordCommands(audit.connection, ended(theirs, { grantId: other.grantId }), ended(ours));
  await eventually(async () => {
    expect((await proofOf(ours)).records).toHaveLength(2);
  }, bound);
});
afterAll(async () => {
  await audit.stop();
  await stamper.stop();
  await rm(directory, { recursive: true });
});

describe('the proof of a command', () => {
  it('shows an owner its lines, and nothing of the lines of others beside them', async () => {
    for (const token of [auditor, dana]) {
      const proof = await proofOf(ours, token);
      const { records, chain, by } = check(proof);
      expect(records.map(({ type }) => type)).toEqual(['CommandStarted', 'CommandEnded']);
      expect(records.map(({ proven }) => [proven.sequence, proven.line, proven.lines])).toEqual([
        [1, 1, 4],
        [2, 1, 2],
      ]);
      expect(chain.name).toBe('audit.test');
      expect(by).toContain(token === auditor ? 'bob' : 'dana');
      expect(proofText(proof)).not.toContain(canary);
      expect(proofText(proof)).not.toContain(theirs);
    }
  });

  it('is not for the owners of others, who cannot tell whether there is such a command', async () => {
    expect((await ask(ours, fred)).status).toBe(404);
    expect(await codeOf(ours, fred)).toBe(await codeOf(commandIdAt('2026-01-05T08:00:00Z'), fred));
    expect((await ask(ours, tokenOf('a', 'agent', ['auditors']))).status).toBe(403);
    expect(check(await proofOf(theirs, fred)).records).toHaveLength(2);
  });

  it('is one line of a refusal, and of a command that has not ended', async () => {
    expect(check(await proofOf(denied)).records.map(({ type }) => type)).toEqual([
      'CommandRefused',
    ]);
    expect(check(await proofOf(running)).records.map(({ type }) => type)).toEqual([
      'CommandStarted',
    ]);
  });

  it('leads to the checkpoint that somebody has', async () => {
    const { size } = await newest();
    const { records } = check(await proofOf(denied, auditor, `?size=${size}`));
    expect(records.map(({ checkpoint }) => checkpoint.size)).toEqual([size]);
    expect(await codeOf(denied, auditor, `?size=${size + 7}`)).toBe('proof_unavailable');
    expect((await ask(denied, auditor, '?size=x')).status).toBe(400);
  });

  it('has the timestamp of its checkpoint', async () => {
    const content = await eventually(async () => {
      const [record] = (await proofOf(ours)).records;
      if (record?.timestamp === undefined) throw new Error('no timestamp yet');
      return { note: record.checkpoint, reply: record.timestamp };
    }, bound);
    const { by } = openTimestamp({
      reply: Buffer.from(content.reply, 'base64'),
      content: Buffer.from(content.note),
      roots: stamper.roots,
    });
    expect(by).toBe('CN=tsa');
  });

  it('is of the rows when the stream has let the message go, and of nothing when they were changed', async () => {
    const before = await proofOf(ours);
    const { streams } = audit.connection.manager;
    const { config } = await streams.info('COMMANDS');
    const max_age = 100_000_000;
    await streams.update('COMMANDS', { ...config, max_age, duplicate_window: max_age });
    await eventually(async () => {
      expect((await streams.info('COMMANDS')).state.first_seq).toBe(3);
    }, bound);
    const after = await proofOf(ours);
    expect(after.records).toEqual(before.records);
    const run = (query: string) =>
      audit.store.client.command({ query, clickhouse_settings: { mutations_sync: '1' } });
    // Whoever writes to the tables points at the line of another owner.
    await run(
      `ALTER TABLE drawbridge.commands UPDATE start_positions = [1024] WHERE command_id = '${ours}'`,
    );
    expect(await codeOf(ours, dana)).toBe('proof_unavailable');
    expect(await (await ask(ours, dana)).text()).not.toContain(canary);
  });
});
