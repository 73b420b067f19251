import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from '@drawbridge/embedded';

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-bench-life-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const Clicks = z.array(
  z.object({
    card: z.number().positive(),
    told: z.number().positive(),
    usable: z.number().positive(),
    acknowledged: z.number().positive(),
  }),
);
const Results = z.object({
  problems: z.array(z.string()),
  rows: z.array(z.object({ name: z.string(), clicks: Clicks })),
  figures: z.array(z.object({ row: z.string(), p99Ms: z.number() })),
});

const bench = (...args: readonly string[]): Promise<{ code: number | null; said: string }> =>
  new Promise((resolve) => {
    const command = join(repositoryRoot(), 'drawbridge');
    const child = execFile(command, ['bench', 'life', ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, said: `${stdout}\n${stderr}` }),
    );
  });

/** Far more than it takes, and enough where everything else is built and tested at the same time. */
const TIMEOUT_MS = 600_000;

describe('./drawbridge bench life', { timeout: TIMEOUT_MS }, () => {
  it('measures every row: each click makes one grant that can be used', async () => {
    const json = join(directory, 'life.json');
    const { code, said } = await bench('--quick', '--json', json);
    expect(code, said).toBe(0);
    expect(said).toContain('exactly one grant');
    const { rows, figures, problems } = Results.parse(JSON.parse(readFileSync(json, 'utf8')));
    expect(problems).toStrictEqual([]);
    expect(rows.map(({ name, clicks }) => [name, clicks.length])).toStrictEqual([
      ['alone', 3],
      ['team', 8],
      ['slack', 8],
      ['http', 8],
    ]);
    expect(figures.map(({ row }) => row)).toStrictEqual(['alone', 'team', 'slack', 'http']);
    for (const { told, usable } of rows.flatMap(({ clicks }) => clicks))
      expect(usable).toBeGreaterThan(told);
  });

  it('refuses a row that nobody knows', async () => {
    const { code, said } = await bench('--rows', 'nothing');
    expect(code).not.toBe(0);
    expect(said).toContain('there is no row nothing');
  });
});
