import { describe, expect, it } from 'vitest';
import { isLabelSelector } from './label-selector.js';

describe('a label selector', () => {
  it.each([
    '',
    'app',
    '!app',
    '! app',
    ' app ',
    'app=web',
    'app==web',
    'app != web',
    'app=',
    'example.com/app=web',
    'app in (a,b)',
    'app notin ( a , b ),tier',
    'app in ()',
    'app in (,)',
    'app=a,tier in (x,y),!z',
    'app>1',
    'app < 9223372036854775807',
    'app\t=\r\na',
    'in in (in,,notin)',
    'in',
    'app!=',
    'A_b',
    'a'.repeat(63),
    ' ',
  ])('is %j', (selector) => {
    expect(isLabelSelector(selector)).toBe(true);
  });

  it.each([
    ',',
    'app,',
    'app>',
    'app>a',
    'app>1.5',
    'app<9223372036854775808',
    '!app=a',
    'A/b',
    '/b',
    'a/',
    'a..b/c',
    'app===b',
    'app=a b',
    'app in',
    'app in a',
    'app in (a',
    'app in (a b)',
    'app in ((a))',
    'app in (a)b',
    'appin (a)',
    'a/b/c',
    '-app',
    'app=in(a)',
    `${'a'.repeat(64)}=b`,
  ])('is not %j', (selector) => {
    expect(isLabelSelector(selector)).toBe(false);
  });

  it.each([
    ['commas', ','.repeat(130_000)],
    ['spaces between commas', `a in (${',  '.repeat(40_000)}!)`],
    ['parentheses', `a in ${'('.repeat(120_000)}`],
    ['spaces', `a in (${' '.repeat(120_000)}!)`],
    ['words', `${'a'.repeat(130_000)}!`],
    ['requirements', `${'a in (b),'.repeat(14_000)}!!`],
  ])('T24 takes no longer than its length allows: %s', (_, selector) => {
    const start = performance.now();
    expect(isLabelSelector(selector)).toBe(false);
    // Otherwise it would be minutes, or years.
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
