import type { SessionFrame } from '@drawbridge/contracts';
import { expect, it } from 'vitest';
import { FramePlayer, type PlayOptions } from './play-frames.js';

const frames: readonly SessionFrame[] = [
  [0, 'r', '80x24'],
  [1, 'o', '\u001b[1ma\u001b]0;x\u0007\r\n'],
  [1.5, 'i', 'id\r'],
  [61, 'e', 'late'],
  [61, 'o64', Buffer.from([0x62, 0xff]).toString('base64')],
  [62, 'm', 'cut\u0007'],
  [62, 'x', '3'],
];
const play = (options: Partial<PlayOptions>) => {
  const player = new FramePlayer({ speed: 1, idleLimit: Infinity, into: 'raw', ...options });
  return frames.flatMap((frame) => player.step(frame) ?? []);
};

it('shows what was shown, when it was', () => {
  expect(play({})).toStrictEqual([
    { waitMs: 1_000, text: '\u001b[1ma\u001b]0;x\u0007\r\n' },
    { waitMs: 60_000, text: 'late' },
    { waitMs: 0, text: 'b\ufffd' },
    { waitMs: 1_000, text: '', note: 'cut\\u{7}' },
    { waitMs: 0, text: '', note: 'exit code 3' },
  ]);
});

it('is faster, and never silent for longer than one wants', () => {
  expect(play({ speed: 2, idleLimit: 3 }).map(({ waitMs }) => waitMs)).toStrictEqual([
    ...[500, 1_500, 0, 500, 0],
  ]);
});

it('draws in a terminal, and sets nothing there', () => {
  expect(play({ into: 'terminal' })[0]?.text).toBe('\u001b[1ma\r\n');
});

it('neutralises where there is no terminal', () => {
  expect(play({ into: 'text' })[0]?.text).toBe('\\u{1b}[1ma\\u{1b}]0;x\\u{7}\n');
});
