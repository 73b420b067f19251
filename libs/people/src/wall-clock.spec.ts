import { describe, expect, it } from 'vitest';
import type { TimeWindow } from '@drawbridge/contracts';
import { isWithinHours } from './wall-clock.js';

const office: TimeWindow = {
  timeZone: 'Europe/Berlin',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  hours: '09:00-17:00',
};
const night: TimeWindow = { timeZone: 'Europe/Berlin', days: ['fri'], hours: '22:00-06:00' };

describe('hours of a time zone', () => {
  it.each([
    { at: '2026-11-20T07:59:59Z', is: false },
    { at: '2026-11-20T08:00:00Z', is: true },
    { at: '2026-11-20T15:59:59Z', is: true },
    { at: '2026-11-20T16:00:00Z', is: false },
    { at: '2026-11-21T10:00:00Z', is: false },
    // In summer an hour earlier.
    { at: '2026-07-20T07:00:00Z', is: true },
  ])('of a day: $at', ({ at, is }) => expect(isWithinHours(office, at)).toBe(is));

  it.each([
    { at: '2026-11-20T20:59:59Z', is: false },
    { at: '2026-11-20T21:00:00Z', is: true },
    { at: '2026-11-21T04:59:59Z', is: true },
    { at: '2026-11-21T05:00:00Z', is: false },
    { at: '2026-11-21T21:00:00Z', is: false },
    { at: '2026-11-20T03:00:00Z', is: false },
  ])('over midnight belong to the day on which they begin: $at', ({ at, is }) =>
    expect(isWithinHours(night, at)).toBe(is),
  );

  it('are all of a day where only days are named', () => {
    const sunday: TimeWindow = { timeZone: 'UTC', days: ['sun'] };
    expect(isWithinHours(sunday, '2026-11-22T00:00:00Z')).toBe(true);
    expect(isWithinHours(sunday, '2026-11-22T23:59:59Z')).toBe(true);
    expect(isWithinHours(sunday, '2026-11-23T00:00:00Z')).toBe(false);
  });
});
