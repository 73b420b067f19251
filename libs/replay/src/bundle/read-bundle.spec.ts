import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundleFiles, packed } from '../../test/make-bundle.js';
import { command } from '../../test/story-samples.js';
import type { RecordedCall } from '../rerun/recorded-call.js';
import { readBundle } from './read-bundle.js';
import { readTar, tarEnd, tarEntry } from './tar.js';

const body = (text: string) => ({ contentType: 'application/json', text });
const calls: readonly RecordedCall[] = [
  { command: command(1), bodies: { before: body('{"a":1}'), response: body('{"a":"ä"}') } },
  { command: command(2), bodies: {} },
];
const files = bundleFiles(calls);
const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('a bundle', () => {
  it('gives back the calls with their bodies', () => {
    const bundle = readBundle(packed(files));
    expect(bundle.altered).toStrictEqual([]);
    expect(bundle.calls).toStrictEqual(calls);
    expect(bundle.manifest).toMatchObject({ connection: 'prod-eks', environment: 'production' });
  });

  it('names every file that is not as the manifest says', () => {
    const { 'README.md': readme = '', ...others } = files;
    expect(readBundle(packed({ ...files, 'README.md': 'y' }, files)).altered).toStrictEqual([
      'README.md',
    ]);
    expect(readBundle(packed(others, files)).altered).toStrictEqual(['README.md']);
    expect(readBundle(packed({ ...files, more: readme }, files)).altered).toStrictEqual(['more']);
  });

  it('is found out or refused whatever single byte of it is changed', () => {
    const whole = gunzipSync(packed(files));
    const names = new Set(readTar(whole).keys());
    fc.assert(
      fc.property(fc.nat(whole.length - 1025), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ mask;
        let altered: readonly string[];
        try {
          altered = readBundle(gzipSync(changed)).altered;
        } catch (error) {
          expect(error).toMatchObject({ code: 'bundle_unreadable' });
          return;
        }
        // What is not the content of a file, or is the manifest itself, says nothing of the session.
        const found = readTar(changed);
        const isContent = [...names].some(
          (name) =>
            name !== 'manifest.json' && !sameBytes(readTar(whole).get(name), found.get(name)),
        );
        if (isContent) expect(altered).not.toStrictEqual([]);
      }),
      { numRuns: 1000, seed: 48 },
    );
  });

  it('puts long bodies together out of their pieces, and opens compressed ones', () => {
    const [one, two] = ['{"long":', '1}'];
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const line = (change: object) =>
      `${JSON.stringify({
        ...{
          type: 'CommandBody',
          commandId: command(1).id,
          connection: 'prod-eks',
          at: '2026-01-05T09:00:00.000Z',
        },
        ...{ direction: 'response', contentType: 'application/json', bytes: 10 },
        ...{ sha256: hash(one + two), encoding: 'utf8', content: '', ...change },
      })}\n`;
    const objects = [one, two].map((text) => ({ sha256: hash(text), bytes: text.length }));
    const pieces = { [`objects/${hash(one)}`]: one, [`objects/${hash(two)}`]: two };
    const read = (lines: string, more: object = {}) =>
      readBundle(packed({ ...files, 'bodies/000001.ndjson': lines, ...more })).calls[0]?.bodies;
    expect(read(line({ objects }), pieces)).toMatchObject({ response: { text: one + two } });
    expect(read(line({ objects }))).toMatchObject({ response: { cut: 'object_missing' } });
    const gzip = { encoding: 'base64', content: gzipSync('{"z":1}').toString('base64') };
    expect(read(line({ ...gzip, contentEncoding: 'gzip' }))).toMatchObject({
      response: { text: '{"z":1}' },
    });
    expect(read(line({ ...gzip }))).toMatchObject({ response: { base64: gzip.content } });
  });

  it.each<[string, Uint8Array, string]>([
    ['no gzip', Buffer.from('x'), 'bundle_unreadable'],
    ['no archive', gzipSync('x'), 'bundle_unreadable'],
    ['without a manifest', gzipSync(tarEnd()), 'bundle_unreadable'],
    ['cut off', packed(files).subarray(0, 200), 'bundle_unreadable'],
    ['with a line that is none', packed({ ...files, 'commands/2': '{}' }), 'bundle_unreadable'],
  ])('is refused: %s', (_what, archive, code) => {
    expect(() => readBundle(archive)).toThrow(refused(code));
  });

  it('that would fill the memory is refused', () => {
    const bomb = gzipSync(Buffer.alloc(1_048_577));
    expect(bomb.length).toBeLessThan(2_000);
    expect(() => readBundle(bomb, 1_048_576)).toThrow(refused('bundle_too_large'));
  });

  const bodyNamed = (n: number, change: object) =>
    `${JSON.stringify({
      ...{ type: 'CommandBody', commandId: command(n).id, connection: 'prod-eks' },
      ...{ at: '2026-01-05T09:00:00.000Z', direction: 'response', bytes: 1, content: '' },
      ...{ contentType: 'application/json', sha256: 'a'.repeat(64), encoding: 'utf8', ...change },
    })}\n`;

  it('whose bodies would fill the memory once they are unpacked is refused', () => {
    const bomb = gzipSync(Buffer.alloc(900_000)).toString('base64');
    const packedAgain = { encoding: 'base64', content: bomb, contentEncoding: 'gzip' };
    const all = [1, 2].map((n) => bodyNamed(n, packedAgain)).join('');
    const made = packed({ ...files, 'bodies/000001.ndjson': all });
    expect(() => readBundle(made, 1_048_576)).toThrow(refused('bundle_too_large'));
    expect(() => readBundle(made, 2_097_152)).not.toThrow();
  });

  it('whose bodies name the same piece again and again is refused', () => {
    const sha256 = 'b'.repeat(64);
    const pieces = Array.from({ length: 100 }, () => ({ sha256, bytes: 20_000 }));
    const all = bodyNamed(1, { objects: pieces });
    const made = packed({
      ...{ ...files, 'bodies/000001.ndjson': all },
      [`objects/${sha256}`]: Buffer.alloc(20_000),
    });
    expect(() => readBundle(made, 1_048_576)).toThrow(refused('bundle_too_large'));
  });
});

describe('an archive', () => {
  it('gives back any files', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9/.-]{0,80}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.uint8Array({ maxLength: 2_000 })), (given) => {
        const entries = Object.entries(given);
        const archive = Buffer.concat([
          ...entries.map(([each, bytes]) => tarEntry({ name: each, bytes })),
          tarEnd(),
        ]);
        const read = readTar(archive);
        expect(new Set(read.keys())).toStrictEqual(new Set(Object.keys(given)));
        for (const [each, bytes] of entries) expect(sameBytes(read.get(each), bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('has no file with a name that does not fit', () => {
    expect(() => tarEntry({ name: 'x'.repeat(101), bytes: Buffer.alloc(0) })).toThrow(RangeError);
  });

  it('that holds anything but plain files is refused', () => {
    const link = Buffer.from(tarEntry({ name: 'a', bytes: Buffer.alloc(0) }));
    link[156] = '2'.charCodeAt(0);
    expect(() => readTar(Buffer.concat([link, tarEnd()]))).toThrow(refused('bundle_unreadable'));
  });
});

const sameBytes = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
