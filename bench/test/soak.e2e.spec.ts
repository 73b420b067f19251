import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from '@drawbridge/embedded';

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-soak-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const Results = z.object({
  checkpoints: z.array(z.object({ name: z.string(), grants: z.number(), calls: z.number() })),
  refusals: z.record(z.string(), z.number()),
  verdicts: z.array(z.object({ name: z.string(), holds: z.boolean(), found: z.string() })),
});

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

const soak = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const command = join(repositoryRoot(), 'drawbridge');
    const child = execFile(command, ['bench', 'soak', ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, said: `${stdout}\n${stderr}` }),
    );
  });

/** A minute where nothing else runs; it measures no time, so a busy machine may take longer. */
const TIMEOUT_MS = 900_000;

describe('./drawbridge bench soak', { timeout: TIMEOUT_MS }, () => {
  it('finds nothing that many grants have left behind, in one process', async () => {
    const json = join(directory, 'soak.json');
    // A worker that a busy machine takes long to count would be taken for stuck: several are for a quiet one.
    const size = ['--grants', '60', '--lanes', '12', '--workers', '1', '--checkpoints', '2'];
    // Longer than in the full soak: of what is short, a busy machine may use up the margin.
    const sessions = ['--session-seconds', '20', '--renewals', '2'];
    const { code, said } = await soak(...size, ...sessions, '--json', json);
    expect(code, said).toBe(0);
    const { checkpoints, refusals, verdicts } = Results.parse(
      JSON.parse(readFileSync(json, 'utf8')),
    );
    expect(verdicts.filter(({ holds }) => !holds)).toStrictEqual([]);
    expect(verdicts.length).toBeGreaterThan(40);
    expect(checkpoints.at(-1)).toMatchObject({ name: 'all grants ended', grants: 60 });
    expect(checkpoints.at(-1)?.calls).toBeGreaterThan(500);
    // It was no walk: each of these was provoked.
    const codes = ['not_in_scope', 'token_request_refused', 'token_expired', 'too_many_calls'];
    for (const code of codes) {
      expect(refusals[code], code).toBeGreaterThan(0);
    }
    for (const code of ['grant_expired', 'grant_revoked', 'grant_withdrawn']) {
      expect(refusals[code], code).toBeGreaterThan(5);
    }
  });

  it('refuses what is no number', async () => {
    const { code, said } = await soak('--grants', 'many');
    expect(code).not.toBe(0);
    expect(said).toContain('--grants is "many"');
  });
});
