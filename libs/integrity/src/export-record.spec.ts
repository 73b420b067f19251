import { describe, expect, it } from 'vitest';
import { filesOf, testExport, testSession, type TestFiles } from '../test/test-export.js';
import { testSigner } from '../test/test-log.js';
import { checkExport, type ExportReport } from './export-record.js';
import type { Finding } from './finding.js';

const trusted = testSigner('a').publicKey;
const exported = testExport(40, [
  [3, 9],
  [12, 12],
  [20, 33],
]);
const check = (files: TestFiles) => checkExport({ files: filesOf(files), trusted });
const findingsOf = ({ findings, streams }: ExportReport): readonly Finding[] => [
  ...findings,
  ...streams.flatMap((stream) => stream.findings),
];

/** Numbers that are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('an export', () => {
  it('is verified with one public key', async () => {
    const report = await check(exported);
    expect(findingsOf(report)).toEqual([]);
    expect(report).toMatchObject({
      name: 'drawbridge.test',
      by: 'https://idp.test#bob',
      streams: [
        { stream: 'ACCESS', verified: 22, unsealed: 0 },
        { stream: 'COMMANDS', verified: 22, unsealed: 0 },
      ],
    });
  });

  it('is not believed with another key', async () => {
    const files = filesOf(exported);
    await expect(checkExport({ files, trusted: testSigner('x').publicKey })).rejects.toMatchObject({
      code: 'key_untrusted',
    });
    await expect(checkExport({ files: filesOf(new Map()) })).rejects.toMatchObject({
      code: 'key_chain_broken',
    });
  });

  it('may come without the list of files, and then proves what is in it', async () => {
    const files = new Map(exported);
    files.delete('manifest.json');
    const report = await check(files);
    expect(report.streams.map(({ verified }) => verified)).toEqual([22, 22]);
    expect(findingsOf(report).map(({ place }) => place)).toEqual(['manifest.json']);
  });
});

describe('a session that was taken away', () => {
  it('is verified with one public key, and is no stream', async () => {
    const report = await check(testSession());
    expect(findingsOf(report)).toEqual([]);
    expect(report).toMatchObject({
      ...{ name: 'drawbridge.test', by: 'bob', streams: [] },
      session: { accessRequestId: 'request-1', files: 3 },
    });
  });

  it('is not believed with another key, or without any', async () => {
    const files = filesOf(testSession());
    await expect(checkExport({ files, trusted: testSigner('x').publicKey })).rejects.toMatchObject({
      code: 'key_untrusted',
    });
    const unsigned = testSession();
    unsigned.delete('integrity/keys.json');
    await expect(check(unsigned)).rejects.toMatchObject({ code: 'key_chain_broken' });
  });

  it('names the file of which a byte is another one', async () => {
    const missed: string[] = [];
    for (const [path, original] of testSession()) {
      for (let place = 0; place < original.length; place += 5) {
        const bytes = Buffer.from(original);
        bytes[place] = (bytes[place] ?? 0) ^ 1;
        const named = await check(new Map(testSession()).set(path, bytes)).then(
          (report) => findingsOf(report).some((finding) => finding.place?.startsWith(path)),
          (error: unknown) => path === 'integrity/keys.json' && error instanceof Error,
        );
        if (!named) missed.push(`${path} byte ${place}`);
      }
    }
    expect(missed).toEqual([]);
  });

  it('is told of a file that is missing, one too many, and a list that nobody signed', async () => {
    const files = testSession().set('commands/000002.ndjson', Buffer.from('{}\n'));
    files.delete('story.txt');
    files.delete('manifest.note');
    expect(findingsOf(await check(files)).map(({ kind, place }) => [kind, place])).toEqual([
      ['altered', 'manifest.note'],
      ['dropped', 'story.txt'],
      ['added', 'commands/000002.ndjson'],
    ]);
  });
});

describe('a mutation of messages', () => {
  const path = 'messages/COMMANDS.ndjson';
  const original = (exported.get(path) ?? Buffer.alloc(0)).toString().split('\n').slice(0, -1);
  const sequenceAt = (line: number) =>
    (JSON.parse(original[line] ?? '{}') as { sequence: number }).sequence;

  it('is found at its place, whatever and wherever it is: 1000 of them', async () => {
    const roll = dice(42);
    const kinds = ['byte', 'drop', 'swap', 'repeat', 'cut', 'copy'] as const;
    const missed: string[] = [];
    for (let n = 0; n < 1_000; n += 1) {
      const kind = kinds[n % kinds.length] ?? 'byte';
      const at = roll(original.length);
      const lines = [...original];
      const affected = mutate(lines, { kind, at, roll });
      const files = new Map(exported).set(
        path,
        Buffer.from(lines.map((line) => `${line}\n`).join('')),
      );
      const report = await check(files);
      const found = report.streams[1]?.findings ?? [];
      const named = found.some(({ sequence = 0, to = sequence }) =>
        affected.some((one) => one >= sequence && one <= to),
      );
      const file = report.findings.some(({ place }) => place === path);
      if (!named || !file) missed.push(`${n} ${kind} at ${at}: ${JSON.stringify(found)}`);
    }
    expect(missed).toEqual([]);
  }, 120_000);

  interface Mutation {
    readonly kind: 'byte' | 'drop' | 'swap' | 'repeat' | 'cut' | 'copy';
    readonly at: number;
    readonly roll: (below: number) => number;
  }

  /** Changes the lines, and returns the sequences of which one must be named: of two that were swapped, either moved. */
  function mutate(lines: string[], { kind, at, roll }: Mutation): readonly number[] {
    const line = lines[at] ?? '';
    const other = (at + 1 + roll(lines.length - 1)) % lines.length;
    const changes = {
      byte: () => {
        const bytes = Buffer.from(line);
        const place = roll(bytes.length);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << roll(7));
        lines[at] = bytes.toString('latin1').replaceAll('\n', ' ');
      },
      drop: () => lines.splice(at, 1),
      swap: () => ([lines[at], lines[other]] = [lines[other] ?? '', line]),
      repeat: () => lines.splice(other, 0, line),
      cut: () => lines.splice(at),
      /** The content of another message under its own number. */
      copy: () => {
        const { data } = JSON.parse(lines[other] ?? '{}') as { data: string };
        lines[at] = JSON.stringify({ ...(JSON.parse(line) as object), data });
      },
    };
    changes[kind]();
    return kind === 'swap' ? [sequenceAt(at), sequenceAt(other)] : [sequenceAt(at)];
  }
});

describe('a mutation of any other file', () => {
  it('names the file: 300 of them', async () => {
    const roll = dice(7);
    const paths = [...exported.keys()].filter((path) => path !== 'keys.ndjson');
    const missed: string[] = [];
    for (let n = 0; n < 300; n += 1) {
      const path = paths[n % paths.length] ?? '';
      const bytes = Buffer.from(exported.get(path) ?? '');
      const place = roll(bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ (1 << roll(8));
      const findings = findingsOf(await check(new Map(exported).set(path, bytes)));
      const named = findings.some((finding) => finding.place?.startsWith(path) === true);
      if (!named) missed.push(`${path} byte ${place}: ${JSON.stringify(findings)}`);
    }
    expect(missed).toEqual([]);
  }, 60_000);

  it('and of the keys, which leaves nothing to check with, too', async () => {
    const roll = dice(9);
    for (let n = 0; n < 50; n += 1) {
      const bytes = Buffer.from(exported.get('keys.ndjson') ?? '');
      const place = roll(bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ (1 << roll(8));
      const outcome = await check(new Map(exported).set('keys.ndjson', bytes)).then(
        (report) => findingsOf(report).length > 0,
        () => true,
      );
      expect(outcome, `byte ${place}`).toBe(true);
    }
  });

  it('is told of a file that is not there, or is one too many', async () => {
    const files = new Map(exported).set('extra.txt', Buffer.from('x'));
    files.delete('casts/one.cast');
    expect(findingsOf(await check(files)).map(({ kind, place }) => [kind, place])).toEqual([
      ['dropped', 'casts/one.cast'],
      ['added', 'extra.txt'],
    ]);
  });
});
