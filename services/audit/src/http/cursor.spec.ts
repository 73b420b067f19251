import { describe, expect, it } from 'vitest';
import { cursorAfter, positionOf } from './cursor.js';

const filter = { verb: ['get'], limit: 10, order: 'desc', since: undefined };
const position = ['2026-01-05 09:00:00.123', '019c0000-0000-7000-8000-000000000001'] as const;
const cursor = cursorAfter(position, filter);
const encode = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');

describe('a cursor', () => {
  it('leads back to its position, with another limit, time or order of fields too', () => {
    expect(positionOf({ ...filter, cursor })).toEqual(position);
    const since = '2026-01-01T00:00:00Z';
    expect(positionOf({ order: 'desc', limit: 99, verb: ['get'], since, cursor })).toEqual(
      position,
    );
  });

  it('is optional', () => {
    expect(positionOf(filter)).toBeUndefined();
  });

  it.each([
    ['other values', { ...filter, verb: ['list'], cursor }],
    ['one more filter', { ...filter, agent: 'agent-oncall', cursor }],
    ['another order', { ...filter, order: 'asc', cursor }],
    ['no text of ours', { ...filter, cursor: 'abc' }],
    ['nothing', { ...filter, cursor: '' }],
    ['a time that is SQL', { ...filter, cursor: encode(["' OR 1", position[1], 'x']) }],
    ['an id that is SQL', { ...filter, cursor: encode([position[0], '1) OR 1', 'x']) }],
    ['too little', { ...filter, cursor: encode([position[0]]) }],
  ])('is refused with %s', (_, asked) => {
    expect(() => positionOf(asked)).toThrow(
      expect.objectContaining({
        code: 'query_invalid',
        errors: [expect.objectContaining({ field: 'query.cursor' })],
      }) as Error,
    );
  });
});
