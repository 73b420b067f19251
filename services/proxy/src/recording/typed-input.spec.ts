import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TypedInput } from './typed-input.js';

/** What is recorded of keys (`>`) and of what the terminal shows (`<`), in their order. */
function recorded(...passed: readonly string[]): readonly string[] {
  const frames: string[] = [];
  const input = new TypedInput({
    recording: { frame: (code, data) => frames.push(`${code} ${data}`) },
    mask: (text) => text.replaceAll('AKIA-SECRET', '[masked]'),
  });
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
    ['is masked as everything is', ['>AKIA-SECRET\r', '<AKIA-SECRET\r\n'], ['i [masked]\r']],
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
    const input = new TypedInput({
      recording: { frame: (code, data) => frames.push(`${code} ${data}`) },
      mask: (text) => text,
    });
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
});
