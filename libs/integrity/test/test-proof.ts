import { proofText, type CommandProof, type ProvenLine } from '@drawbridge/contracts';
import { keyStatement } from '../src/key-chain.js';
import { lineDigest, lineProof } from '../src/line-tree.js';
import { inclusionPath, leafHash, sha256 } from '../src/merkle.js';
import { proofStatement } from '../src/proof-statement.js';
import { emptyLog, openSeal } from '../src/seal.js';
import { testLog, testSigner, type TestMessage } from './test-log.js';

const name = 'drawbridge.test';
const origin = `${name}/COMMANDS`;
const at = '2026-01-05T09:00:00.000Z';
const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const signer = testSigner('a');
const MESSAGES = 40;
const [OURS, THEIRS] = [1, 2];

/** Messages of five lines: one of ours begins in message 12 and ends in 29, one of others stands before each. */
function data(sequence: number): Buffer {
  const filler = (n: number) =>
    `{"type":"CommandBody","commandId":"${id(1_000 + sequence * 10 + n)}","content":"secret of others"}\n`;
  const lines = [0, 1, 2, 3, 4].map(filler);
  const started = (n: number) => `{"type":"CommandStarted","commandId":"${id(n)}","verb":"get"}\n`;
  const ended = (n: number) => `{"type":"CommandEnded","commandId":"${id(n)}","outcome":"done"}\n`;
  if (sequence === 12) lines.splice(2, 2, started(THEIRS), started(OURS));
  if (sequence === 29) lines.splice(0, 2, ended(OURS), ended(THEIRS));
  return Buffer.from(lines.join(''));
}

/** For specs: the proof of a command, and lines of another with their right paths. */
export function testProof(): { readonly proof: CommandProof; readonly others: ProvenLine[] } {
  const messages = Array.from({ length: MESSAGES }, (_, n): TestMessage => ({
    ...{ sequence: n + 1, subject: `drawbridge.commands._batch.${n % 3}` },
    storedAt: 1_767_600_000_000 + n * 10,
    ...{ digest: sha256(data(n + 1)), lineDigest: lineDigest(data(n + 1)) },
  }));
  const { seals } = testLog(messages, { signer, from: emptyLog(origin), version: 2 });
  const opened = seals.map((seal) => openSeal(seal, { name: origin, key: signer.publicKey }));
  const links = opened.flatMap((seal) => seal.links);
  const leaves = links.map((link) => leafHash(link));

  /** By the checkpoint of the seal that is so many behind its own. */
  function lineOf(sequence: number, index: number, later: number): ProvenLine {
    const message = messages[sequence - 1]!;
    const seal = Math.floor((sequence - 1) / 10) + later;
    const { line, count, path } = lineProof(data(sequence), index);
    const { checkpoint } = opened[seal]!;
    const tree = { before: { size: 0, hashes: [] }, leaves: leaves.slice(0, checkpoint.size) };
    return {
      ...{ text: Buffer.from(line).toString(), line: index, lines: count },
      linePath: path.map(encoded),
      ...{ sequence, subject: message.subject },
      storedAt: new Date(message.storedAt).toISOString(),
      ...{ previous: encoded(links[sequence - 2]!), leaf: sequence - 1 },
      path: inclusionPath(tree, sequence - 1).map(encoded),
      checkpoint: seals[seal]!.note,
    };
  }

  const keys = [keyStatement({ name, signer, at })];
  const records = [lineOf(12, 3, 1), lineOf(29, 0, 0)];
  const rest = { commandId: id(OURS), keys, records };
  const digest = sha256(Buffer.from(proofText(rest))).toString('hex');
  const told = { name, proof: digest, by: 'https://idp.test#bob', at };
  const proof = { ...rest, statement: proofStatement(told, signer) };
  return { proof, others: [lineOf(12, 2, 1), lineOf(29, 1, 0)] };
}

const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
