import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readFirstLine } from './read-first-line.js';

describe('the first line', () => {
  it.each([
    [['one line\n'], { text: 'one line', more: false }, ''],
    [['one ', 'li', 'ne', '\n'], { text: 'one line', more: false }, ''],
    [['one line\nrest'], { text: 'one line', more: true }, 'rest'],
    [['\n\n'], { text: '', more: true }, '\n'],
  ])('of %j', async (chunks, expected, rest) => {
    const stream = new PassThrough();
    const line = readFirstLine(stream, 10_000);
    for (const chunk of chunks) stream.write(chunk);
    expect(await line).toStrictEqual(expected);
    stream.end();
    let left = '';
    for await (const chunk of stream) left += String(chunk);
    expect(left).toBe(rest);
  });

  it.each([
    ['is too long', ['x'.repeat(8_192)]],
    ['is too long', [`${'x'.repeat(8_192)}\n`]],
    ['is too long', ['x'.repeat(8_000), `${'x'.repeat(200)}\n`]],
  ])('%s', async (reason, chunks) => {
    const stream = new PassThrough();
    const line = readFirstLine(stream, 10_000);
    for (const chunk of chunks) stream.write(chunk);
    await expect(line).rejects.toThrow(reason);
  });

  it('does not come when the stream ends', async () => {
    const stream = new PassThrough();
    const line = readFirstLine(stream, 10_000);
    stream.end('half');
    await expect(line).rejects.toThrow('did not come');
  });
});
