import { describe, expect, it } from 'vitest';
import { SessionChunk } from './session-chunk.js';

const chunk: SessionChunk = {
  type: 'SessionChunk',
  commandId: '01939b0a-7c00-7000-8000-000000000001',
  connection: 'prod-eks',
  at: '2026-11-22T21:50:00.000Z',
  index: 0,
  frames: [
    [0, 'r', '80x24'],
    [0.25, 'o', '\u001b[1m$ \u001b[0m'],
    [1.5, 'o64', '//4='],
  ],
  header: { version: 1, argv: ['bash'], tty: true, stdin: true, kind: 'exec' },
  final: { chunks: 1, cut: 'record_unavailable' },
};

describe('a piece of a recording', () => {
  it('is read whole', () => {
    expect(SessionChunk.parse(chunk)).toStrictEqual(chunk);
  });

  it.each([
    ['a frame of an unknown code', { ...chunk, frames: [[0, 'z', '']] }],
    ['a frame before the session began', { ...chunk, frames: [[-1, 'o', '']] }],
    ['a frame without data', { ...chunk, frames: [[0, 'o']] }],
    ['a negative number', { ...chunk, index: -1 }],
    ['an end without a number of pieces', { ...chunk, final: {} }],
    ['an unknown kind of session', { ...chunk, header: { ...chunk.header, kind: 'proxy' } }],
  ])('is none with %s', (_what, broken) => {
    expect(SessionChunk.safeParse(broken).success).toBe(false);
  });
});
