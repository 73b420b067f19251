import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { TypedInput } from './typed-input.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const KEY_LINES = ['MIIEowIBAAKCAQEAq8Zr2L', 'mX0vTy7Kb4NwPs9Hd3Ge6Fa1Uc'];
const KEY = ['-----BEGIN PRIVATE KEY-----', ...KEY_LINES, '-----END PRIVATE KEY-----'];

function inputTo(frames: string[]): TypedInput {
  const recording = {
    frame: (code: string, data: string) => void frames.push(`${code} ${data}`),
    bytes: (code: string, bytes: Uint8Array) =>
      void frames.push(`${code} ${Buffer.from(bytes).toString()}`),
  };
  return new TypedInput({ recording, masker: masker.text() });
}

/** What is recorded of keys (`>`) and of what the terminal shows (`<`), in their order. */
function recorded(...passed: readonly string[]): readonly string[] {
  const frames: string[] = [];
  const input = inputTo(frames);
  for (const step of passed) {
    const bytes = Buffer.from(step.slice(1));
    if (step.startsWith('>')) input.typed(bytes);
    else input.shown(bytes);
  }
  input.end();
  return frames;
}

/** Keys one by one, each echoed. */
const echoed = (text: string) => Array.from(text).flatMap((key) => [`>${key}`, `<${key}`]);

describe('what is typed into a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(['y\n', 'password\n', `${'x'.repeat(2_000)}\n`])(
    'that nothing shows waits in bounded memory, and takes up less than it: %#',
    (line) => {
      const frames: string[] = [];
      const input = inputTo(frames);
      input.typed(Buffer.from(line.repeat(50_000)));
      const counted = () =>
        frames.reduce((sum, frame) => sum + Number(/^m (\d+) lines/.exec(frame)?.[1] ?? 0), 0);
      const waiting = 50_000 - counted();
      expect(waiting).toBeGreaterThan(0);
      expect(waiting).toBeLessThanOrEqual(4_096);
      expect(waiting * line.length).toBeLessThanOrEqual(65_536);
      expect(frames.join('').length).toBeLessThan((50_000 * line.length) / 10);
      frames.length = 0;
      input.end();
      expect(frames).toStrictEqual(Array.from({ length: waiting }, () => 'i [not shown]\n'));
    },
  );

  it('costs no more when much is shown without a line end', () => {
    const frames: string[] = [];
    const input = inputTo(frames);
    const replaced = vi.spyOn(String.prototype, 'replaceAll');
    input.typed(Buffer.from('a\n'));
    input.shown(Buffer.from('x'.repeat(20_000)));
    replaced.mockClear();
    input.typed(Buffer.from('b\n'.repeat(2_000)));
    expect(replaced).not.toHaveBeenCalled();
    replaced.mockRestore();
    input.end();
    expect(frames).toHaveLength(2_001);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['is recorded line by line', [...echoed('ls -l'), '>\r', '<\r\n'], ['i ls -l\r']],
    ['is recorded when it was pasted', ['>id\r', '<id\r\nuid=0\r\n'], ['i id\r']],
    [
      'is recorded when several lines were pasted at once',
      ['>a 1\rb 2\r', '<a 1\r\n', '<b 2\r\n'],
      ['i a 1\r', 'i b 2\r'],
    ],
    ['is not recorded when nothing showed it', ['>hunter2\r', '<\r\n'], ['i [not shown]\r']],
    [
      'is not recorded when it was typed key by key and nothing showed it',
      [...Array.from('hunter2').map((key) => `>${key}`), '>\r', '<\r\n', '<ok\r\n'],
      ['i [not shown]\r'],
    ],
    ['is not recorded where stars are shown', ['>abc\r', '<***\r\n'], ['i [not shown]\r']],
    [
      'is not taken for shown by what comes behind the line',
      ['>abc\r', '<\r\n', '<abc was wrong\r\n'],
      ['i [not shown]\r'],
    ],
    ['is not recorded when nothing comes back at all', ['>hunter2\r'], ['i [not shown]\r']],
    [
      'is recorded with the keys that edit it',
      ['>ab', '<ab', '>\u007f', '<\b \b', '>c', '<c', '>\r', '<\r\n'],
      ['i ab\u007fc\r'],
    ],
    ['is recorded when it is an arrow or a line end', ['>\u001b[A\r', '<x\r\n'], ['i \u001b[A\r']],
    [
      'tells nothing of what is between arrows when it was not shown',
      ['>pw\u001b[Dd\r', '<\r\n'],
      ['i [not shown]\u001b[D[not shown]\r'],
    ],
    ['is read through colours', ['>ls\r', '<\u001b[1ml\u001b[0ms\r\n'], ['i ls\r']],
    ['is read over the end of a row', ['>abcd\r', '<ab \rcd\r\n'], ['i abcd\r']],
    ['is recorded at the end, as far as it was shown', ['>ls', '<ls'], ['i ls']],
  ])('%s', (_what, passed, expected) => {
    expect(recorded(...passed)).toStrictEqual(expected);
  });

  it('waits two seconds for a line to be shown, and ten for its end', () => {
    const frames: string[] = [];
    const input = inputTo(frames);
    input.typed(Buffer.from('secret\r'));
    vi.advanceTimersByTime(1_999);
    expect(frames).toStrictEqual([]);
    vi.advanceTimersByTime(1);
    expect(frames).toStrictEqual(['i [not shown]\r']);
    input.typed(Buffer.from('jjj'));
    vi.advanceTimersByTime(9_999);
    expect(frames).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(frames.at(-1)).toBe('i [not shown]');
  });

  it.each<[string, readonly string[]]>([
    ['is one line', [`>x ${TOKEN}\r`, `<x ${TOKEN}\r\n`]],
    ['is typed key by key', [...echoed(`x ${TOKEN}`), '>\r', '<\r\n']],
    ['is a key of several lines', KEY.flatMap((line) => [`>${line}\r`, `<${line}\r\n`])],
    ['is a key that is pasted at once', [`>${KEY.join('\r')}\r`, `<${KEY.join('\r\n')}\r\n`]],
  ])('is masked when it %s', (_what, passed) => {
    const text = recorded(...passed).join('');
    expect(text).toContain('drawbridge:masked:');
    for (const secret of [TOKEN, ...KEY_LINES]) expect(text).not.toContain(secret);
  });

  it('is masked when it is typed so slowly that its halves are no line', () => {
    const frames: string[] = [];
    const input = inputTo(frames);
    for (const part of [TOKEN.slice(0, 20), TOKEN.slice(20)]) {
      input.typed(Buffer.from(part));
      input.shown(Buffer.from(part));
      vi.advanceTimersByTime(10_000);
    }
    input.end();
    expect(frames.join('').replaceAll('i ', '')).toMatch(/^drawbridge:masked:/);
  });
});
