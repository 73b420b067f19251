import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { SessionFrame, SessionHeader } from '@drawbridge/contracts';
import { castLines } from '@drawbridge/replay';
import { expect, it } from 'vitest';
import { pythonEnvironment } from '../src/python-environment.js';
import { runProgram } from './clients/run-program.js';

const requirements = resolve(import.meta.dirname, '../clients/asciinema/requirements.txt');
const header: SessionHeader = {
  ...{ version: 1, argv: ['bash'], tty: true, stdin: true, kind: 'exec' },
};
const frames: readonly SessionFrame[] = [
  [0, 'r', '100x30'],
  [0.1, 'o', '\u001b[1m$ \u001b[0m'],
  [0.2, 'i', 'id\r'],
  [0.3, 'o', 'uid=0(root) grün 世界\r\n'],
  [0.35, 'o64', Buffer.from([0x61, 0xff, 0x62]).toString('base64')],
  [0.4, 'm', 'a mark'],
  [0.5, 'e', 'wrong\r\n'],
  [0.5, 'x', '0'],
];

it('a recording plays in asciinema, to the byte', async ({ skip }) => {
  const environment = await pythonEnvironment(requirements);
  if ('missing' in environment) return skip(environment.missing);
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-cast-'));
  try {
    const file = join(directory, 'session.cast');
    const options = { header, startedAt: '2026-11-22T10:00:00.000Z', version: 2 } as const;
    await writeFile(file, castLines(frames, options).join(''));
    const { code, out, err } = await runProgram(
      environment.python,
      ['-m', 'asciinema', 'cat', file],
      {
        LC_ALL: 'C.UTF-8',
      },
    );
    expect(code, err).toBe(0);
    expect(out).toBe('\u001b[1m$ \u001b[0muid=0(root) grün 世界\r\na\ufffdbwrong\r\n');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
