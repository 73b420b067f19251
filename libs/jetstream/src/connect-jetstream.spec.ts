import { describe, expect, it } from 'vitest';
import { isAtLeast } from './connect-jetstream.js';

describe('the version of a server', () => {
  it.each([
    ['2.11.0', true],
    ['2.11.1', true],
    ['2.12.0', true],
    ['3.0.0', true],
    ['v2.11.0', true],
    ['2.15.2-RC.1', true],
    ['10.0.0', true],
    ['2.10.99', false],
    ['2.9.0', false],
    ['1.99.99', false],
    ['2.11', false],
    ['', false],
    ['dev', false],
  ])('%s is new enough: %s', (version, expected) => {
    expect(isAtLeast(version, '2.11.0')).toBe(expected);
  });
});
