import { describe, expect, it } from 'vitest';
import { csvLine } from './answer-csv.js';

describe('a line of CSV', () => {
  it.each([
    ['=HYPERLINK("http://evil.test","x")', `"'=HYPERLINK(""http://evil.test"",""x"")"\r\n`],
    ['+1+cmd|calc', "'+1+cmd|calc\r\n"],
    ['-1+2', "'-1+2\r\n"],
    ['@SUM(A1)', "'@SUM(A1)\r\n"],
    ['|calc', "'|calc\r\n"],
    [' =1', `"' =1"\r\n`],
    ['\u00a0=1', `"'\u00a0=1"\r\n`],
    ['＝1', "'＝1\r\n"],
    ['a=1', 'a=1\r\n'],
  ])('holds no formula: %j', (text, line) => {
    expect(csvLine([text])).toBe(line);
  });

  it.each(['\t=1', '\r=1', '\n=1', '\u200b=1', '\u202e=1', '\u001b]0;x\u0007'])(
    'shows what is invisible, so that nothing hides behind it: %j',
    (text) => {
      const line = csvLine([text]);
      expect(line).toMatch(/^"?\\u\{/);
      expect(line.slice(0, -2)).not.toMatch(/\p{Cc}|\p{Cf}/u);
    },
  );

  it('keeps cells apart whatever they hold', () => {
    expect(csvLine(['a,b', 'say "x"', 'one\ntwo', '', undefined, null, ['a', 'b'], 7, true])).toBe(
      '"a,b","say ""x""",one\\u{a}two,,,,"a; b",7,true\r\n',
    );
  });

  it('leaves numbers alone, and makes a formula of no list', () => {
    expect(csvLine([-5, ['=1', 'x']])).toBe(`-5,"'=1; x"\r\n`);
  });
});
