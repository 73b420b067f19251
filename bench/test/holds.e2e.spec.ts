import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from '@drawbridge/embedded';

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-bench-holds-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const Clicks = z.array(
  z.object({
    approved: z.number().positive(),
    released: z.number().positive(),
    answered: z.number().positive(),
    acknowledged: z.number().positive(),
  }),
);
const Results = z.object({
  rows: z.array(z.object({ name: z.string(), clicks: Clicks })),
  figures: z.array(z.object({ row: z.string(), p99Ms: z.number() })),
});

const bench = (...args: readonly string[]): Promise<{ code: number | null; said: string }> =>
  new Promise((resolve) => {
    const command = join(repositoryRoot(), 'drawbridge');
    const child = execFile(command, ['bench', 'holds', ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, said: `${stdout}\n${stderr}` }),
    );
  });

/** Far more than it takes, and enough where everything else is built and tested at the same time. */
const TIMEOUT_MS = 600_000;

describe('./drawbridge bench holds', { timeout: TIMEOUT_MS }, () => {
  it('measures every row: each click lets one call through', async () => {
    const json = join(directory, 'holds.json');
    const { code, said } = await bench('--rounds', '3', '--json', json);
    expect(code, said).toBe(0);
    const { rows, figures } = Results.parse(JSON.parse(readFileSync(json, 'utf8')));
    expect(rows.map(({ name, clicks }) => [name, clicks.length])).toStrictEqual([
      ['http', 3],
      ['slack', 3],
      ['waiting', 3],
      ['load', 3],
    ]);
    expect(figures.map(({ row }) => row)).toStrictEqual(['http', 'slack', 'waiting', 'load']);
    for (const { approved, released } of rows.flatMap(({ clicks }) => clicks))
      expect(released).toBeGreaterThan(approved);
  });

  it('refuses a row that nobody knows', async () => {
    const { code, said } = await bench('--rows', 'nothing');
    expect(code).not.toBe(0);
    expect(said).toContain('there is no row nothing');
  });
});
