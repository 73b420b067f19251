import { describe, expect, it } from 'vitest';
import { AuditQueryError } from '../clickhouse/audit-query-error.js';
import { QuerySlots } from './query-slots.js';

const busy = (slots: QuerySlots, isOwner: boolean): boolean => {
  try {
    slots.take(isOwner).release();
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(AuditQueryError);
    expect(error).toMatchObject({ code: 'audit_busy' });
    return true;
  }
};

describe('places of queries', () => {
  it('are four, of which owners have two', () => {
    const slots = new QuerySlots();
    const owners = [slots.take(true), slots.take(true)];
    expect([busy(slots, true), busy(slots, false)]).toEqual([true, false]);
    const auditors = [slots.take(false), slots.take(false)];
    expect([busy(slots, true), busy(slots, false)]).toEqual([true, true]);
    owners[0]?.release();
    expect([busy(slots, true), busy(slots, false)]).toEqual([false, false]);
    auditors[0]?.release();
    owners[1]?.release();
    auditors[1]?.release();
    expect(Array.from({ length: 4 }, () => slots.take(false))).toHaveLength(4);
    expect(busy(slots, false)).toBe(true);
  });

  it('are no fewer for owners while auditors have none', () => {
    const slots = new QuerySlots();
    slots.take(false);
    slots.take(false);
    slots.take(true);
    slots.take(true);
    expect(busy(slots, false)).toBe(true);
  });

  it('are given back once, however often it is said', () => {
    const slots = new QuerySlots();
    const first = slots.take(true);
    slots.take(true);
    first.release();
    first.release();
    slots.take(true);
    expect(busy(slots, true)).toBe(true);
  });

  it('are given back when the work fails', async () => {
    const slots = new QuerySlots();
    for (let round = 0; round < 5; round += 1) {
      const failed = slots.during(true, () => Promise.reject(new Error('no')));
      await expect(failed).rejects.toThrow('no');
    }
    await expect(slots.during(true, () => Promise.resolve(1))).resolves.toBe(1);
  });
});
