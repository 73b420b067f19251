import { hash } from 'node:crypto';
import { CommandBody, recordLine } from '@drawbridge/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyLine, withoutContent, type BodyOfCall } from './body-line.js';

const of: BodyOfCall = {
  commandId: '019c0000-4444-7000-8000-000000000055',
  connection: 'prod',
  direction: 'response',
  at: new Date('2026-01-05T09:06:00.007Z'),
  contentType: 'application/json',
};
const short = (content: Buffer) => ({
  ...{ bytes: content.length, sha256: hash('sha256', content, 'hex'), content },
  ...{ objects: [], cut: undefined },
});
const read = (line: string) => CommandBody.parse(JSON.parse(line));

describe('the line of a body', () => {
  it('gives back every body, byte for byte, and is written in the form of records', () => {
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 300 }).map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(bodies, fc.string({ unit: 'binary', maxLength: 200 }), (bytes, contentType) => {
        const line = bodyLine({ ...of, contentType }, short(Buffer.from(bytes)));
        const body = read(line);
        expect(recordLine(body)).toBe(line);
        expect(Buffer.from(body.content, body.encoding)).toStrictEqual(Buffer.from(bytes));
      }),
    );
  });

  it('is not much longer than the body, whatever stands in it', () => {
    const hostile = [
      Buffer.alloc(65_536, 0x01),
      Buffer.alloc(65_536, '"'),
      Buffer.alloc(65_536, 0xff),
    ];
    for (const content of hostile) {
      expect(bodyLine(of, short(content)).length).toBeLessThan(65_536 * 2 + 500);
    }
  });

  it('says what is in the object store, and what is missing', () => {
    const objects = [
      { sha256: 'a'.repeat(64), bytes: 1_048_576 },
      { sha256: 'b'.repeat(64), bytes: 24 },
    ];
    const line = bodyLine(
      { ...of, contentEncoding: 'gzip' },
      {
        bytes: 2_000_000,
        sha256: 'c'.repeat(64),
        content: Buffer.alloc(0),
        objects,
        cut: 'body_limit',
      },
    );
    expect(recordLine(read(line))).toBe(line);
    expect(read(line)).toMatchObject({
      ...{ contentEncoding: 'gzip', content: '', objects, cut: 'body_limit', kept: 1_048_600 },
    });
  });

  it('ends with a whole character where a text is cut', () => {
    const content = Buffer.from('grüß').subarray(0, 3);
    const line = bodyLine(of, { ...short(content), bytes: 900, cut: 'body_limit' });
    expect(read(line)).toMatchObject({ encoding: 'utf8', content: 'gr', kept: 2 });
  });

  it('that no message can hold says so instead', () => {
    const line = withoutContent(bodyLine(of, short(Buffer.from('a body'))), 'record_too_large');
    expect(read(line)).toMatchObject({ content: '', cut: 'record_too_large', kept: 0, bytes: 6 });
    expect(line).not.toContain('a body');
    expect(recordLine(read(line))).toBe(line);
  });
});
