import { generateKeyPairSync } from 'node:crypto';
import type { Seal } from '@drawbridge/contracts';
import {
  emptyLog,
  keyStatement,
  leafHash,
  lineDigest,
  linkOf,
  openCheckpoint,
  openKeyChain,
  rootOfPath,
  SealBuilder,
  signerOf,
} from '@drawbridge/integrity';
import { describe, expect, it } from 'vitest';
import type { AuditStore } from '../clickhouse/select-page.js';
import { Identifier } from '../clickhouse/identifier.js';
import { proofPath } from './proof-path.js';

const name = 'audit.test';
const origin = `${name}/COMMANDS`;
const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
const signer = signerOf(pem.toString());
const at = '2026-01-05T09:00:00.000Z';
const chain = openKeyChain([keyStatement({ name, signer, at })]);
const COUNT = 5;

const message = (sequence: number) => ({
  ...{ sequence, subject: 'drawbridge.commands._batch.1', storedAt: 1_767_603_600_000 },
  digest: lineDigest(Buffer.from(`${sequence}\n`)),
});

/** Each of one message; those between the first and the last with a signature that is wrong. */
function sealsOf(): Seal[] {
  let end = emptyLog(origin);
  return Array.from({ length: COUNT }, (_, index) => {
    const builder = new SealBuilder(end, 2);
    builder.add(message(index + 1));
    ({ end } = builder);
    const seal = builder.seal(signer, at);
    const isBetween = index > 0 && index < COUNT - 1;
    return isBetween
      ? { ...seal, note: seal.note.replace(`at ${at}`, `at ${at.replace('6', '5')}`) }
      : seal;
  });
}

/** Answers one question after the other. */
function storeOf(...answers: readonly object[]): AuditStore {
  const left = [...answers];
  const query = () => Promise.resolve({ json: () => Promise.resolve([left.shift()]) });
  return { client: { query }, database: Identifier.parse('drawbridge') } as unknown as AuditStore;
}

describe('the way from a message to a checkpoint', () => {
  it('opens none of the seals between, and leads to the last', async () => {
    const seals = sealsOf();
    const place = { receipt: '' };
    const { path, leaf, previous, checkpoint } = await proofPath(
      {
        ...{ chain, size: COUNT },
        store: storeOf(
          { position: 1, size: 1, ...place },
          { position: COUNT, size: COUNT, ...place },
        ),
        seals: (_, from) =>
          Promise.resolve(seals.slice(from - 1).map((seal, n) => ({ position: from + n, seal }))),
      },
      1,
    );
    const { root, size } = openCheckpoint(checkpoint, { name: origin, key: signer.publicKey });
    const own = leafHash(linkOf(Buffer.from(previous, 'base64'), message(1)));
    const hashes = path.map((hash) => Buffer.from(hash, 'base64'));
    expect(rootOfPath({ index: leaf, size, leaf: own }, hashes)).toEqual(Buffer.from(root));
    expect(size).toBe(COUNT);
  });
});
