import { describe, expect, it } from 'vitest';
import { AppError } from './app-error.js';
import { codeOf } from './code-of.js';

class BoatRefused extends AppError<'boat_full' | 'boat_gone'> {}

describe('an expected failure', () => {
  it('has a code, a message, its class as name and the cause it was given', () => {
    const cause = new Error('low water');
    const error = new BoatRefused('boat_gone', 'the boat has left', { cause });
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'boat_gone', message: 'the boat has left', cause });
    expect(String(error)).toBe('BoatRefused: the boat has left');
    expect('cause' in new BoatRefused('boat_full', 'full')).toBe(false);
  });
});

describe('the code of', () => {
  it.each([
    ['an expected failure', new BoatRefused('boat_full', 'full'), 'boat_full'],
    ['a fault', new TypeError('x'), undefined],
    [
      'an error with a code of its own',
      Object.assign(new Error('x'), { code: 'ENOENT' }),
      undefined,
    ],
    ['a look-alike', { code: 'boat_full', message: 'full' }, undefined],
    ['nothing', undefined, undefined],
    ['null', null, undefined],
    ['a text', 'boat_full', undefined],
  ])('%s', (_what, error, code) => {
    expect(codeOf(error)).toBe(code);
  });
});
