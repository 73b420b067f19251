import { describe, expect, it } from 'vitest';
import { differencesOf, mergedRow } from './row-differences.js';

describe('what a row and its lines do not agree on', () => {
  it.each([
    [{ verb: 'get' }, { verb: 'list' }, ['verb']],
    [{ verb: 'get' }, {}, ['verb']],
    [{ status_code: 0, effect: '', hold_id: null, rules: [] }, {}, []],
    [{ at: '2026-01-05T09:00:00.250Z' }, { at: '2026-01-05T09:00:00.250999Z' }, []],
    [{ at: '2026-01-05T09:00:00.000Z' }, { at: '2026-01-05T09:00:00Z' }, []],
    [{ at: '2026-01-05T09:00:00.251Z' }, { at: '2026-01-05T09:00:00.250Z' }, ['at']],
    [{ rules: ['a', 'b'] }, { rules: ['b', 'a'] }, ['rules']],
    [{ dry_run: true }, { dry_run: false }, ['dry_run']],
    [{ start_positions: [1] }, { start_positions: [2] }, []],
    [{ derived_wrong: ['agent_owner'] }, {}, ['agent_owner']],
  ])('%j and %j: %j', (row, wanted, differences) => {
    expect(differencesOf(row, wanted)).toEqual(differences);
  });

  it('is told of start and end together', () => {
    const start = { connection: 'a', verb: 'get', status_code: 0 };
    expect(mergedRow(start, { connection: 'a', status_code: 200 })).toEqual({
      connection: 'a',
      verb: 'get',
      status_code: 200,
    });
    expect(mergedRow({ outcome: 'refused' }, { outcome: 'completed' })).toEqual({
      outcome: 'refused',
    });
  });
});
