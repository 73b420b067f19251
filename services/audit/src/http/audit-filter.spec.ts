import { describe, expect, it } from 'vitest';
import { CommandFilter, EventFilter } from './audit-filter.js';

describe('a filter', () => {
  it('has an order and a limit when nothing is asked for', () => {
    expect(CommandFilter.parse({})).toStrictEqual({ order: 'desc', limit: 100 });
    expect(EventFilter.parse({})).toStrictEqual({ order: 'desc', limit: 100 });
  });

  it('turns times into UTC, lists into values and statuses into ranges', () => {
    expect(
      CommandFilter.parse({
        since: '2026-01-05T10:00:00+01:00',
        verb: 'get,list',
        status: '403,5xx',
        limit: '1000',
      }),
    ).toStrictEqual({
      since: '2026-01-05T09:00:00.000Z',
      verb: ['get', 'list'],
      status: [
        { from: 403, to: 403 },
        { from: 500, to: 599 },
      ],
      limit: 1000,
      order: 'desc',
    });
  });
});
