import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TerminalFilter } from './terminal-filter.js';

const filtered = (...parts: readonly string[]) => {
  const filter = new TerminalFilter();
  return parts.map((part) => filter.push(part)).join('');
};
const E = '\u001b';

describe('a recording in a terminal', () => {
  it.each([
    ['text', 'héllo 世界\r\n'],
    ['colours', `${E}[1;31mred${E}[0m`],
    ['cursor and erasing', `${E}[2J${E}[10;20H${E}[K${E}[?25l${E}[?1049h`],
    ['line drawing', `${E}(0lqk${E}(B`],
    ['save and restore', `${E}7${E}8`],
  ])('shows %s', (_what, text) => {
    expect(filtered(text)).toBe(text);
  });

  it.each([
    ['the clipboard', `${E}]52;c;ZXZpbA==\u0007`],
    ['the title', `${E}]0;owned${E}\\`],
    ['a device control string', `${E}P$q"p${E}\\`],
    ['where is the cursor', `${E}[6n`],
    ['who are you', `${E}[c${E}[>c${E}[=c${E}Z\u0005`],
    ['the title, back', `${E}[21t`],
    ['mouse and paste', `${E}[?1000h${E}[?2004h${E}[?25;1003h${E}[?9h`],
    ['of eight bits', '\u009b6n\u009d52;c;eA==\u0007\u0090x\u009c'],
    ['a bell', '\u0007'],
    ['printing', `${E}[5i`],
  ])('does not ask or set %s', (_what, text) => {
    expect(filtered(`a${text}b`)).toBe('ab');
    expect(filtered('a', ...Array.from(text), 'b')).toBe('ab');
  });

  it('holds back no more than a beginning, and not for ever', () => {
    expect(filtered(`a${E}]0;`, 'x'.repeat(10_000), '\u0007b')).not.toContain(E);
    expect(filtered(`a${E}`, '[1mb')).toBe(`a${E}[1mb`);
  });

  it('is the same however it is split', () => {
    const piece = fc.constantFrom(...[`${E}[6n`, `${E}]52;c;x\u0007`, `${E}[1m`, 'abc', '\r\n', E]);
    fc.assert(
      fc.property(fc.array(piece), fc.nat(), (parts, at) => {
        const text = parts.join('');
        const middle = text.length === 0 ? 0 : at % text.length;
        expect(filtered(text.slice(0, middle), text.slice(middle))).toBe(filtered(text));
      }),
    );
  });
});
