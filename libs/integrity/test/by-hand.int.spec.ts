import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { proofText } from '@drawbridge/contracts';
import { startTimeStamper } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkOf, publicKeyPem, sha256, signerOf, timestampQuery } from '../src/index.js';
import { lineDigest } from '../src/line-tree.js';
import { openSeal } from '../src/seal.js';
import { testProof } from './test-proof.js';
import { testLog, testMessage, testSigner, type TestMessage } from './test-log.js';

const run = promisify(execFile);
const page = new URL('../../../docs/integrity.md', import.meta.url);
const PLACE = 7;

let directory: string;
let blocks: readonly string[];
let place: string;
const signer = testSigner('by hand');
const data = (sequence: number) => `data of ${sequence}`;
const messages: readonly TestMessage[] = Array.from({ length: 10 }, (_, n) => ({
  ...testMessage(n + 1),
  digest: sha256(Buffer.from(data(n + 1))),
  lineDigest: lineDigest(Buffer.from(data(n + 1))),
}));
const [seal] = testLog(messages, { signer }).seals;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-by-hand-'));
  const text = await readFile(page, 'utf8');
  const byHand = text.slice(text.indexOf('## By hand'));
  blocks = [...byHand.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
  place = /`(jq -r \.links [^`]+)`/.exec(byHand)?.[1] ?? '';
});
afterAll(() => rm(directory, { recursive: true }));

const file = (name: string, content: string | Uint8Array) =>
  writeFile(join(directory, name), content);
/** What the commands of the page print, in a shell that ends at the first that fails. */
async function shell(commands: string, variables: Readonly<Record<string, string>> = {}) {
  const options = { cwd: directory, env: { ...variables, PATH: process.env['PATH'] ?? '' } };
  const { stdout, stderr } = await run(
    'bash',
    ['--norc', '-euo', 'pipefail', '-c', commands],
    options,
  );
  return stdout + stderr;
}

describe('the commands of docs/integrity.md', () => {
  it('are all run here', () => {
    expect(blocks).toHaveLength(4);
    expect(place).not.toBe('');
  });

  it('prove one command', async () => {
    const { proof } = testProof();
    await file('key.pem', publicKeyPem(testSigner('a').publicKey));
    await file('proof.json', proofText(proof));
    const told = await shell(blocks[0] ?? '');
    expect(told.match(/^[0-9a-f]{64} is the root$/gm)).toHaveLength(2);
    expect(told.match(/Signature Verified Successfully/g)).toHaveLength(2);
    const [first, last] = proof.records;
    for (const change of [
      { text: first?.text.replace('get', 'put') },
      { line: 2 },
      { sequence: 13 },
      { storedAt: '2026-01-05T09:00:00.111Z' },
      { leaf: 10 },
      { checkpoint: last?.checkpoint.replace('at 2026', 'at 2025') },
    ]) {
      await file('proof.json', JSON.stringify({ ...proof, records: [{ ...first, ...change }] }));
      await expect(shell(blocks[0] ?? ''), JSON.stringify(change)).rejects.toThrow();
    }
  });

  it('tell whether the key signed a checkpoint', async () => {
    await file('key.pem', publicKeyPem(signer.publicKey));
    await file('note', seal?.note ?? '');
    expect(await shell(blocks[1] ?? '')).toContain('Signature Verified Successfully');
    await file('note', (seal?.note ?? '').replace('last 10', 'last 11'));
    await expect(shell(blocks[1] ?? '')).rejects.toThrow();
  });

  it('tell whether a time stamper stamped it', async () => {
    const stamper = await startTimeStamper();
    const note = seal?.note ?? '';
    const reply = await stamper.stamp(timestampQuery(Buffer.from(note)).bytes);
    await stamper.stop();
    const answer = (of: string) =>
      JSON.stringify({ items: [{ note: of, reply: Buffer.from(reply).toString('base64') }] });
    await file('tsa-ca.pem', stamper.roots);
    await file('page.json', answer(note));
    expect(await shell(blocks[2] ?? '')).toContain('Verification: OK');
    await file('page.json', answer(note.replace('last 10', 'last 11')));
    await expect(shell(blocks[2] ?? '')).rejects.toThrow();
  });

  it('make the link of a message, and find it in the seal', async () => {
    if (seal === undefined) throw new Error('no seal');
    const { links } = openSeal(seal, { name: 'drawbridge.test/ACCESS', key: signer.publicKey });
    const previous = links[PLACE - 2] ?? Buffer.alloc(0);
    const message = messages[PLACE - 1] ?? testMessage(0);
    await file('data', data(PLACE));
    const variables = {
      previous: Buffer.from(previous).toString('hex'),
      sequence: String(message.sequence),
      stored_at_ms: String(message.storedAt),
      subject: message.subject,
    };
    const made = (await shell(blocks[3] ?? '', variables)).slice(0, 64);
    expect(made).toBe(linkOf(previous, message).toString('hex'));
    await file('seal.json', JSON.stringify(seal));
    expect((await shell(place, { n: String(PLACE) })).trim()).toBe(made);
  });

  it('make a key that signs', async () => {
    const text = await readFile(page, 'utf8');
    const command = /^ {4}(openssl genpkey .*)$/m.exec(text)?.[1] ?? '';
    await shell(command);
    const path = join(directory, 'checkpoint-key.pem');
    expect(signerOf(await readFile(path, 'utf8')).publicKey).toHaveLength(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
