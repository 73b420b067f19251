import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { sourceProgram } from '@drawbridge/testing';

const program = fileURLToPath(new URL('collect-rarely-program.ts', import.meta.url));

// What V8 does not know it says on stderr and goes on: another Node would bring the stops back without a word.
it('says nothing to V8 that the pinned Node does not know', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, sourceProgram(program));
  expect(stderr).not.toMatch(/unrecognized|illegal/i);
  expect(stdout).toBe('done\n');
});
