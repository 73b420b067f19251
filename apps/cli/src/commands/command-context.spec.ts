import { describe, expect, it } from 'vitest';
import type { Terminal } from '../terminal.js';
import { CommandContext } from './command-context.js';

const told = (text: string): string => {
  const notes: string[] = [];
  const terminal: Partial<Terminal> = { env: {}, note: (note) => notes.push(note) };
  new CommandContext(terminal as Terminal, {}).note(text);
  return notes.join('');
};

describe('a note beside a result', () => {
  it('shows what others wrote as text, and not as orders to the terminal', () => {
    expect(told('taken by \u009b2J\u001b]0;x\u0007 at \u202e now')).toBe(
      'taken by \\u{9b}2J\\u{1b}]0;x\\u{7} at \\u{202e} now\n',
    );
  });

  it('may have several lines', () => {
    expect(told('one\ntwo')).toBe('one\ntwo\n');
  });
});

describe('a hint', () => {
  it('is for somebody who sits there, and not for the log of a script', () => {
    const hinted = (isTerminal: boolean, output?: string): string => {
      const notes: string[] = [];
      const terminal: Partial<Terminal> = { env: {}, isTerminal, note: (note) => notes.push(note) };
      const options = output === undefined ? {} : { output };
      new CommandContext(terminal as Terminal, options).hint('type this');
      return notes.join('');
    };
    expect(hinted(true)).toBe('type this\n');
    expect(hinted(false)).toBe('');
    expect(hinted(true, 'json')).toBe('');
  });
});

describe('a result', () => {
  it.each([
    [80, '80'],
    [0, 'as wide as it is'],
    [undefined, 'as wide as it is'],
  ])('is for a terminal of width %s', (width, expected) => {
    const shown: string[] = [];
    const terminal: Partial<Terminal> = {
      env: {},
      ...(width === undefined ? {} : { width }),
      out: (text) => shown.push(text),
    };
    new CommandContext(terminal as Terminal, {}).show({}, (given) =>
      String(given ?? 'as wide as it is'),
    );
    expect(shown).toEqual([expected]);
  });
});
