import { describe, expect, it } from 'vitest';
import { grantWindow, windowEndMs } from './grant-window.js';

const at = '2026-01-05T09:00:00.000Z';
const startAt = '2026-01-05T22:00:00.000Z';
const endsAt = '2026-01-05T22:15:00.000Z';
const named = { durationSeconds: 900, startAt };

describe('the window of a grant', () => {
  it('without a start is open from its issue on', () =>
    expect(grantWindow({ durationSeconds: 900 }, at)).toStrictEqual({
      startsAt: at,
      endsAt: '2026-01-05T09:15:00.000Z',
    }));

  it.each([
    ['before it', at, startAt],
    ['to the millisecond', startAt, startAt],
    ['late', '2026-01-05T22:14:59.999Z', '2026-01-05T22:14:59.999Z'],
  ])('with a start never ends later, issued %s', (_when, issuedAt, startsAt) =>
    expect(grantWindow(named, issuedAt)).toStrictEqual({ startsAt, endsAt }),
  );

  it.each([endsAt, '2026-01-06T00:00:00.000Z'])('is none once it is over, at %s', (late) =>
    expect(grantWindow(named, late)).toBeUndefined(),
  );

  it('ends at an instant that is known before it is issued, where a start is named', () => {
    expect(windowEndMs(named)).toBe(Date.parse(endsAt));
    expect(windowEndMs({ durationSeconds: 900 })).toBeUndefined();
  });
});
