import { describe, expect, it } from 'vitest';
import { receivedAt } from './received-at.js';

describe('the time of a command id', () => {
  it('is the time it was made, to the millisecond', () => {
    // The example of RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC.
    expect(receivedAt('017F22E2-79B0-7CC3-98C4-DC0C0C07398F')).toBe('2022-02-22T19:22:22.000Z');
  });

  it.each(['919108f7-52d1-4320-9bac-f847db4148a8', '', '017F22E2-79B0'])(
    'is refused for %j, which holds none',
    (id) => {
      expect(() => receivedAt(id)).toThrow(
        expect.objectContaining({ code: 'command_id_not_v7' }) as Error,
      );
    },
  );
});
