import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weekly } from '../test/documents.js';
import { onCall, onCallWithin } from './on-call.js';

const [alice, bob] = ['alice@corp.test', 'bob@corp.test'];

describe('who is on call', () => {
  it.each([
    { when: 'before the rotation', at: '2026-03-16T07:59:59Z', is: undefined },
    { when: 'the first second', at: '2026-03-16T08:00:00Z', is: alice },
    { when: 'the last second of the week', at: '2026-03-23T07:59:59Z', is: alice },
    { when: 'after the handover', at: '2026-03-23T08:00:00Z', is: bob },
    // On 29 March the clocks go forward: nine in Berlin is seven in UTC from then on.
    { when: 'before the handover in summer', at: '2026-03-30T06:59:59Z', is: bob },
    { when: 'after the handover in summer', at: '2026-03-30T07:00:00Z', is: alice },
  ])('is told $when', ({ at, is }) => expect(onCall(weekly, at)).toBe(is));

  it('is somebody else where the schedule says so, for exactly as long', () => {
    const overrides = [{ from: '2026-03-17T12:00', until: '2026-03-17T18:00', person: bob }];
    const schedule = { ...weekly, overrides };
    expect(
      ['10:59:59', '11:00:00', '16:59:59', '17:00:00'].map((time) =>
        onCall(schedule, `2026-03-17T${time}Z`),
      ),
    ).toStrictEqual([alice, bob, bob, alice]);
  });

  it('names everybody who is on call at some moment of a time', () => {
    expect(onCallWithin(weekly, '2026-03-18T08:00:00Z', 3600)).toStrictEqual([alice]);
    expect(onCallWithin(weekly, '2026-03-23T07:30:00Z', 3600)).toStrictEqual([alice, bob]);
    expect(onCallWithin(weekly, '2026-03-01T07:30:00Z', 3600)).toStrictEqual([]);
  });

  // On 25 October the clocks go back: three in Berlin is two again, at one in UTC.
  it.each([1, 600, 1800, 3600, 7200])('names somebody for %d s while clocks go back', (seconds) => {
    expect(onCallWithin(weekly, '2026-10-25T00:45:00Z', seconds)).toStrictEqual([
      onCall(weekly, '2026-10-25T00:45:00Z'),
    ]);
  });

  it('names who takes over in the hour that comes twice', () => {
    const turn = { from: '2026-10-25T02:55', until: '2026-10-25T02:58', person: 'erin@corp.test' };
    const early = {
      from: '2026-10-25T02:05',
      until: '2026-10-25T02:10',
      person: 'carol@corp.test',
    };
    const schedule = { ...weekly, overrides: [turn, early] };
    expect(onCallWithin(schedule, '2026-10-25T00:45:00Z', 1800)).toEqual(
      expect.arrayContaining([turn.person, early.person]),
    );
  });

  // On 29 March there is no time between two and three in Berlin.
  it('names who takes over in the hour that is skipped, and nobody whose turn falls into it', () => {
    const turns = [
      { from: '2026-03-29T02:15', until: '2026-03-29T02:30', person: 'nobody@corp.test' },
      { from: '2026-03-29T02:30', until: '2026-03-29T03:05', person: 'erin@corp.test' },
    ];
    const schedule = { ...weekly, overrides: turns };
    const usual = onCall(weekly, '2026-03-29T00:30:00Z');
    expect(onCallWithin(schedule, '2026-03-29T00:30:00Z', 7200).toSorted()).toStrictEqual(
      ['erin@corp.test', usual].toSorted(),
    );
  });

  it('names no fewer than looking every five minutes finds, and nobody else', () => {
    const local = fc
      .integer({ min: 0, max: 14 * 24 * 4 })
      .map((quarter) =>
        new Date(Date.UTC(2026, 2, 20) + quarter * 900_000).toISOString().slice(0, 16),
      );
    const turn = fc
      .tuple(local, local, fc.constantFrom('carol@corp.test', 'erin@corp.test'))
      .map(([one, other, person]) => ({
        ...{ from: one < other ? one : other },
        until: one < other ? other : one,
        person,
      }));
    const cases = fc.record({
      overrides: fc.array(turn, { maxLength: 4 }),
      hours: fc.constantFrom(1, 12, 24, 168),
      from: fc.integer({ min: 0, max: 14 * 24 * 12 }),
      minutes: fc.integer({ min: 0, max: 24 * 12 }).map((fives) => fives * 5),
    });
    fc.assert(
      fc.property(cases, ({ overrides, hours, from, minutes }) => {
        const rotation = { ...weekly.rotation, everySeconds: hours * 3600 };
        const schedule = { ...weekly, rotation, overrides };
        const startMs = Date.UTC(2026, 2, 20) + from * 300_000;
        const instant = (minute: number) => new Date(startMs + minute * 60_000).toISOString();
        const seen = new Set<string>();
        for (let minute = 0; minute <= minutes; minute += 5) {
          const person = onCall(schedule, instant(minute));
          if (person !== undefined) seen.add(person);
        }
        expect(new Set(onCallWithin(schedule, instant(0), minutes * 60))).toStrictEqual(seen);
      }),
      { numRuns: 300 },
    );
  });
});
