import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keepFailure, readCorpus } from './corpus.js';

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-corpus-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('a corpus', () => {
  it('holds what failed, each once', () => {
    const sample = { text: 'a\u0000\ud800', sizes: [1, 2] };
    const path = keepFailure(directory, sample);
    expect(keepFailure(directory, sample)).toBe(path);
    keepFailure(directory, ['other']);
    const kept = readCorpus(directory);
    expect(kept.map((each) => each.sample)).toStrictEqual(
      expect.arrayContaining([sample, ['other']]),
    );
    expect(kept).toHaveLength(2);
  });

  it('may be none', () => {
    expect(readCorpus(join(directory, 'absent'))).toStrictEqual([]);
  });
});
