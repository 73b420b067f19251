import { describe, expect, it } from 'vitest';
import { parseDuration, parseInstant, parseStart, showDuration } from './duration.js';

describe('a duration', () => {
  it.each([
    ['15m', 900],
    ['1h30m', 5400],
    ['90s', 90],
    ['900', 900],
    ['2d1h', 176_400],
    ['1d2h3m4s', 93_784],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text, '--duration')).toBe(seconds);
  });

  it.each(['', '0', '0m', '-5m', '1.5h', '15 m', '15M', 'm', '30m1h', '1e3', '∞'])(
    '%j is refused',
    (text) => {
      expect(() => parseDuration(text, '--duration')).toThrow(
        expect.objectContaining({
          code: 'usage_invalid',
          message: expect.stringContaining('--duration') as string,
        }) as Error,
      );
    },
  );

  it.each([
    [900, '15m'],
    [5400, '1h 30m'],
    [0.4, '0s'],
    [-3, '0s'],
    [93_784, '1d 2h 3m 4s'],
  ])('%d seconds are shown as %s', (seconds, text) => {
    expect(showDuration(seconds)).toBe(text);
  });
});

describe('a start', () => {
  const now = new Date('2026-01-05T09:00:00Z');

  it.each([
    ['+2h', '2026-01-05T11:00:00.000Z'],
    ['2026-01-05T23:00:00+01:00', '2026-01-05T22:00:00.000Z'],
    ['2026-01-05T22:00Z', '2026-01-05T22:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseStart(text, '--start', now)).toBe(instant);
  });

  // A time without a zone would be another one on another machine.
  it.each(['2h', '+', '+m', 'tomorrow', '2026-01-05', '2026-01-05T22:00', '2026-13-05T22:00Z'])(
    '%j is refused',
    (text) => {
      expect(() => parseStart(text, '--start', now)).toThrow(
        expect.objectContaining({ code: 'usage_invalid' }) as Error,
      );
    },
  );
});

describe('an instant', () => {
  const now = new Date('2026-01-05T09:00:00Z');

  it.each([
    ['2h', '2026-01-05T07:00:00.000Z'],
    ['2026-01-05T10:00:00+01:00', '2026-01-05T09:00:00.000Z'],
    ['2026-01-05T10:00Z', '2026-01-05T10:00:00.000Z'],
    ['2026-01-05', '2026-01-05T00:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseInstant(text, '--since', now)).toBe(instant);
  });

  it.each(['yesterday', '2026-13-05', '2026-01-05T10:00:00', '05.01.2026', ''])(
    '%j is refused',
    (text) => {
      expect(() => parseInstant(text, '--since', now)).toThrow(
        expect.objectContaining({ code: 'usage_invalid' }) as Error,
      );
    },
  );
});
