import { proofText, type CommandProof, type ProvenLine } from '@drawbridge/contracts';
import { codeOf } from '@drawbridge/kernel';
import { describe, expect, it } from 'vitest';
import { testSigner } from '../test/test-log.js';
import { testProof } from '../test/test-proof.js';
import { checkProof } from './command-proof.js';
import { proofStatement } from './proof-statement.js';
import { sha256 } from './merkle.js';

const name = 'drawbridge.test';
const at = '2026-01-05T09:00:00.000Z';
const signer = testSigner('a');
const { proof, others } = testProof();
const text = proofText(proof);
const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error;

/** As whoever has the key could write it. */
function signed({ commandId, keys, records }: CommandProof, by = signer): string {
  const rest = { commandId, keys, records };
  const digest = sha256(Buffer.from(proofText(rest))).toString('hex');
  const statement = proofStatement({ name, proof: digest, by: 'somebody', at }, by);
  return proofText({ ...rest, statement });
}

/** Numbers that are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
type Roll = ReturnType<typeof dice>;

/** The code of the refusal; `undefined` when there is none. */
function refusal(file: string): string | undefined {
  try {
    checkProof(file, signer.publicKey);
    return undefined;
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

/** One byte of the file is another, more or gone. */
function mutatedFile(roll: Roll): string {
  const at = roll(text.length);
  const other = String.fromCharCode(32 + roll(95));
  const kind = roll(3);
  return text.slice(0, at) + (kind === 0 ? '' : other) + text.slice(kind === 2 ? at : at + 1);
}

/** One member of one of its lines is another, or that of the other line, or of another command. */
function mutatedLine(roll: Roll): CommandProof {
  const index = roll(proof.records.length);
  const line = proof.records[index]!;
  const member = Object.keys(line)[roll(Object.keys(line).length)] as keyof ProvenLine;
  const other = [proof.records[1 - index]!, ...others][roll(1 + others.length)]!;
  const value = roll(2) === 0 ? other[member] : changed(line[member], roll);
  return { ...proof, records: proof.records.with(index, { ...line, [member]: value }) };
}

function changed(value: ProvenLine[keyof ProvenLine], roll: Roll): unknown {
  if (typeof value === 'number') return value + [1, -1, 2, 1000][roll(4)]!;
  if (value === undefined) return 'AAAA';
  if (typeof value === 'string') {
    const at = roll(value.length);
    return value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
  }
  const at = roll(value.length);
  const turned = value.with(at, String(changed(value[at] ?? '', roll)));
  return [turned, value.toSpliced(at, 1), [...value, value[0] ?? ''], value.toReversed()][roll(4)];
}

describe('the proof of a command', () => {
  it('shows the command and nothing of those beside it', () => {
    const { records, by } = checkProof(text, signer.publicKey);
    expect(records.map(({ type }) => type)).toEqual(['CommandStarted', 'CommandEnded']);
    expect(records.map(({ proven }) => [proven.sequence, proven.line])).toEqual([
      [12, 3],
      [29, 0],
    ]);
    expect(by).toBe('https://idp.test#bob');
    expect(text).not.toContain('secret of others');
  });

  it('is refused with any byte changed: 1000 of them', () => {
    const roll = dice(11);
    const missed: string[] = [];
    for (let done = 0; done < 1_000;) {
      const file = mutatedFile(roll);
      if (file === text) continue;
      done += 1;
      if (refusal(file) === undefined) missed.push(file);
    }
    expect(missed).toEqual([]);
  });

  it('is refused with a line changed, also when the whole was signed anew: 1000 of them', () => {
    const roll = dice(13);
    const codes = new Map<string | undefined, number>();
    for (let done = 0; done < 1_000;) {
      const mutated = mutatedLine(roll);
      // What time stampers said is checked by who believes one.
      const isSame = proofText(withoutStamp(mutated)) === proofText(withoutStamp(proof));
      if (isSame) continue;
      done += 1;
      const found = refusal(signed(mutated));
      codes.set(found, (codes.get(found) ?? 0) + 1);
    }
    expect(codes.get(undefined)).toBeUndefined();
    // Most are well formed, and only the hashes tell.
    expect(codes.get('proof_wrong')).toBeGreaterThan(500);
    expect(refusal(signed(proof))).toBeUndefined();
  });

  it.each<[string, Partial<CommandProof>]>([
    ['without its end', { records: proof.records.slice(0, 1) }],
    ['the other way round', { records: proof.records.toReversed() }],
    ['with one line twice', { records: [proof.records[0]!, proof.records[0]!] }],
    ['with the end of another command', { records: [proof.records[0]!, others[1]!] }],
    ['in the name of another command', { commandId: '01900000-0000-7000-8000-0000000000ff' }],
  ])('is refused %s', (_, change) => {
    expect(refusal(proofText({ ...proof, ...change }))).toBe('proof_wrong');
  });

  it('is only of its own: whole lines of others are none, whoever signs', () => {
    expect(() => checkProof(signed({ ...proof, records: [others[0]!] }))).toThrow(
      code('proof_of_other'),
    );
    expect(() => checkProof(signed({ ...proof, records: [proof.records[1]!] }))).toThrow(
      code('proof_of_other'),
    );
  });

  it('is believed with the key that is trusted, and not of another one', () => {
    expect(() => checkProof(text, testSigner('x').publicKey)).toThrow(code('key_untrusted'));
    expect(() => checkProof(signed(proof, testSigner('x')))).toThrow(code('note_unsigned'));
  });
});

const withoutStamp = (one: CommandProof): CommandProof => ({
  ...one,
  records: one.records.map((line) => ({ ...line, timestamp: undefined })),
});
