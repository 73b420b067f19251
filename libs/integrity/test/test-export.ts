import type { ExportFiles } from '../src/export-record.js';
import { exportStatement } from '../src/export-statement.js';
import { keyStatement } from '../src/key-chain.js';
import { lineDigest } from '../src/line-tree.js';
import { sha256 } from '../src/merkle.js';
import { emptyLog } from '../src/seal.js';
import { testLog, testSigner, type TestMessage } from './test-log.js';

export type TestFiles = Map<string, Buffer>;

const name = 'drawbridge.test';
const at = '2026-01-05T09:00:00.000Z';

/** For specs: an export of some sequences of two streams, as audit and the CLI write it. */
export function testExport(
  count: number,
  exported: readonly (readonly [number, number])[],
): TestFiles {
  const signer = testSigner('a');
  const files: TestFiles = new Map();
  for (const stream of ['ACCESS', 'COMMANDS']) {
    const all = Array.from({ length: count }, (_, n) => content(stream, n + 1));
    const { seals } = testLog(
      all.map(({ sealed }) => sealed),
      {
        each: 7,
        signer,
        from: emptyLog(`${name}/${stream}`),
        // A log of before there was version 2, and one of since then.
        version: stream === 'ACCESS' ? 1 : 2,
      },
    );
    const chosen = all.filter(({ sealed: { sequence } }) =>
      exported.some(([from, to]) => sequence >= from && sequence <= to),
    );
    const needed = seals.filter((_, n) =>
      chosen.some(({ sealed: { sequence } }) => Math.ceil(sequence / 7) === n + 1),
    );
    files.set(`messages/${stream}.ndjson`, lines(chosen.map(({ line }) => line)));
    files.set(`checkpoints/${stream}.ndjson`, lines(needed));
  }
  files.set('keys.ndjson', lines([{ note: keyStatement({ name, at, signer }) }]));
  files.set('casts/one.cast', Buffer.from('{"version":2}\n[0.1,"o","hello"]\n'));
  const manifest = Buffer.from(
    JSON.stringify({
      files: [...files].map(([path, bytes]) => ({
        path,
        sha256: sha256(bytes).toString('hex'),
        bytes: bytes.length,
      })),
      streams: ['ACCESS', 'COMMANDS'].map((stream) => ({ stream, sequences: exported })),
    }),
  );
  files.set('manifest.json', manifest);
  const statement = {
    name,
    manifest: sha256(manifest).toString('hex'),
    by: 'https://idp.test#bob',
    at,
  };
  files.set('manifest.note', Buffer.from(exportStatement(statement, signer)));
  return files;
}

/** For specs: a session as `drawbridge audit export` takes it away. */
export function testSession(): TestFiles {
  const signer = testSigner('a');
  const key = { statement: keyStatement({ name, at, signer }) };
  const files: TestFiles = new Map([
    ['story.txt', Buffer.from('session 1\n')],
    [
      'integrity/keys.json',
      Buffer.from(`${JSON.stringify({ name, keys: [key] }, undefined, 2)}\n`),
    ],
    ['commands/000001.ndjson', lines([{ id: 'one', verb: 'get' }])],
  ]);
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ format: 'drawbridge-session/1', accessRequestId: 'request-1' },
      files: [...files].map(([path, bytes]) => ({
        ...{ name: path, sha256: sha256(bytes).toString('hex'), bytes: bytes.length },
      })),
    }),
  );
  const statement = { name, manifest: sha256(manifest).toString('hex'), by: 'bob', at };
  return files
    .set('manifest.json', manifest)
    .set('manifest.note', Buffer.from(exportStatement(statement, signer)));
}

export const filesOf = (files: TestFiles): ExportFiles => ({
  paths: () => Promise.resolve([...files.keys()]),
  read: (path) => {
    const bytes = files.get(path);
    return bytes === undefined ? undefined : pieces(bytes);
  },
});

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 100) {
    yield await Promise.resolve(bytes.subarray(from, from + 100));
  }
}

const lines = (values: readonly object[]): Buffer =>
  Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));

function content(stream: string, sequence: number): { sealed: TestMessage; line: object } {
  const data = Buffer.from(
    `{"stream":"${stream}","n":${sequence},"text":"${'x'.repeat(sequence % 13)}"}`,
  );
  const storedAt = 1_767_600_000_000 + sequence * 10;
  const subject = `drawbridge.${stream.toLowerCase()}.${sequence % 3}`;
  return {
    sealed: { sequence, subject, storedAt, digest: sha256(data), lineDigest: lineDigest(data) },
    line: {
      sequence,
      subject,
      storedAt: new Date(storedAt).toISOString(),
      data: data.toString('base64'),
    },
  };
}
