import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ArchiveRecord } from '@drawbridge/contracts';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { ArchivedFiles } from './archived-files.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

interface Entry {
  readonly name: string;
  readonly type?: string;
  readonly content?: string;
  readonly size?: number;
}

const octal = (number: number, digits: number) => `${number.toString(8).padStart(digits, '0')}\0`;

function block({ name, type = '0', content = '', size = content.length }: Entry): Buffer {
  const head = Buffer.alloc(512);
  const fields = { 0: name.slice(0, 100), 100: octal(0o644, 7), 124: octal(size, 11), 156: type };
  for (const [at, text] of Object.entries({ ...fields, 257: 'ustar\u000000' })) {
    head.write(text, Number(at), 'latin1');
  }
  head.fill(' ', 148, 156);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${octal(sum, 6)} `, 148, 'latin1');
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content, 'latin1');
  return Buffer.concat([head, body]);
}

/** As GNU tar notes a name that no header holds. */
const named = (entry: Entry) =>
  Buffer.concat([
    block({ name: '././@LongLink', type: 'L', content: `${entry.name}\0` }),
    block(entry),
  ]);

function passed(bytes: Buffer, chunk = 100): { listed: unknown; markers: readonly string[] } {
  const markers: string[] = [];
  const files = new ArchivedFiles({
    recording: { frame: (_code, text) => markers.push(text) },
    direction: 'upload',
    mask: (name) => masker.fileName(name),
  });
  for (let at = 0; at < bytes.length; at += chunk) files.push(bytes.subarray(at, at + chunk));
  files.end();
  const { listed } = files;
  if (listed !== undefined) expect(ArchiveRecord.parse(listed)).toStrictEqual(listed);
  return { listed, markers };
}

const file = (path: string, content: string) => ({
  ...{ path, kind: 'file', bytes: content.length, sha256: sha256(content) },
});

describe('the files of an archive', () => {
  it('are listed with what they hold, and directories are not', () => {
    const archive = Buffer.concat([
      block({ name: 'tree/', type: '5' }),
      block({ name: 'tree/one', content: 'the first' }),
      block({ name: 'tree/empty' }),
      block({ name: 'tree/link', type: '2' }),
      block({ name: 'tree/pipe', type: '6' }),
      Buffer.alloc(1024),
    ]);
    for (const chunk of [1, 100, 511, 512, archive.length]) {
      expect(passed(archive, chunk).listed).toStrictEqual({
        direction: 'upload',
        files: [
          file('tree/one', 'the first'),
          file('tree/empty', ''),
          { path: 'tree/link', kind: 'link', bytes: 0 },
          { path: 'tree/pipe', kind: 'other', bytes: 0 },
        ],
      });
    }
  });

  it('are counted where they are too many to be listed, and all are in the recording', () => {
    const many = Array.from({ length: 70 }, (_, n) => block({ name: `f${n}`, content: 'x' }));
    const { listed, markers } = passed(Buffer.concat(many));
    expect(listed).toMatchObject({ more: 6 });
    expect(ArchiveRecord.parse(listed).files).toHaveLength(64);
    expect(markers).toHaveLength(70);
  });

  it('have the names that they came with, however hostile: harmless and cut, which is seen', () => {
    const huge = `${'../'.repeat(9_000)}\u001b]0;title\u0007`;
    const { listed } = passed(
      Buffer.concat([named({ name: '../../etc/passwd', content: 'x' }), named({ name: huge })]),
    );
    const { files } = ArchiveRecord.parse(listed);
    expect(files[0]).toStrictEqual(file('../../etc/passwd', 'x'));
    expect(files[1]?.path).toHaveLength(512);
    expect(files[1]?.path.endsWith('…')).toBe(true);
    const rude = passed(named({ name: 'a\u001b]0;title\u0007', content: '' })).listed;
    expect(JSON.stringify(rude)).not.toMatch(/\\u001b|\\u0007/);
  });

  it.each([480, 1000, 1020])('have no part of a secret that a cut at %i would leave', (at) => {
    const { listed, markers } = passed(named({ name: `${'d/'.repeat(at / 2)}${TOKEN}` }));
    expect(`${JSON.stringify(listed)}${markers.join('')}`).not.toContain('ghp_16');
  });

  it('that break off say how much of them came, and have no hash', () => {
    const whole = block({ name: 'big', content: 'y'.repeat(2_000) });
    expect(passed(whole.subarray(0, 512 + 700)).listed).toStrictEqual({
      direction: 'upload',
      files: [{ path: 'big', kind: 'file', bytes: 2_000, received: 700 }],
    });
  });

  it('are not known in what is no archive, which is said', () => {
    expect(passed(Buffer.alloc(2_000, 0x1f)).listed).toStrictEqual({
      ...{ direction: 'upload', files: [], unreadFrom: 512 },
    });
    expect(passed(Buffer.alloc(0)).listed).toBeUndefined();
    expect(passed(Buffer.alloc(1024)).listed).toBeUndefined();
  });
});
