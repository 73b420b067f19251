import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from '@drawbridge/embedded';

const EXIT_UNAVAILABLE = 69;
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-bench-test-'));
const json = join(directory, 'results.json');

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const Results = z.object({
  machine: z.object({ cores: z.number(), node: z.string() }),
  versions: z.record(z.string(), z.string()),
  rows: z.record(
    z.string(),
    z.object({
      contenders: z.record(
        z.string(),
        z.object({
          summary: z.record(z.string(), z.object({ median: z.number(), spread: z.number() })),
          rounds: z.array(z.record(z.string(), z.number())),
        }),
      ),
    }),
  ),
  figures: z.array(z.object({ name: z.string(), verdict: z.string() })),
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const bench = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const command = join(repositoryRoot(), 'drawbridge');
    const child = execFile(
      command,
      ['bench', 'proxy', '--json', json, ...args],
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

describe('./drawbridge bench proxy', () => {
  it('measures every contender in every round, whatever the numbers are', async ({ skip }) => {
    const rows = ['small-get', 'filtered-list', 'watch-events', 'exec'];
    // Beside other tests, and before its code is optimised, a list of 5 MB takes more than a second.
    const args = ['--rows', rows.join(','), '--rounds', '1', '--seconds', '3', '--no-profile'];
    const { code, stdout, stderr } = await bench(...args);
    if (code === EXIT_UNAVAILABLE) skip(stderr.trim().split('\n').at(-1));
    expect(code, stderr).toBe(0);
    const results = Results.parse(JSON.parse(readFileSync(json, 'utf8')));
    expect(Object.keys(results.rows)).toStrictEqual(rows);
    for (const [name, { contenders }] of Object.entries(results.rows)) {
      expect(Object.keys(contenders).join(), name).toContain('drawbridge');
      for (const [contender, { summary, rounds }] of Object.entries(contenders)) {
        expect(rounds, `${name} ${contender}`).toHaveLength(1);
        expect(summary['perSecond']?.median, `${name} ${contender}`).toBeGreaterThan(0);
      }
    }
    expect(results.rows['small-get']?.contenders).toMatchObject({
      direct: {},
      nginx: { summary: { cpuUsPerCall: {} } },
      'kubectl proxy': { summary: { cpuUsPerCall: {} } },
      drawbridge: { summary: { cpuUsPerCall: {}, busCpuUsPerCall: {} } },
    });
    expect(results.figures.map(({ verdict }) => verdict)).toContain('not measured');
    expect(stdout).toContain('| drawbridge');
  });

  it('refuses a row that there is not', async () => {
    const { code, stderr } = await bench('--rows', 'small-get,nonsense');
    expect(code).not.toBe(0);
    expect(stderr).toContain('there is no row nonsense');
  });
});
