import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Principal, StopEvent, StopTarget } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { disabledKeyOf, stopKeyOf, targetOfKey, type StoppableGrant } from './stop-key.js';
import { isDisabling, Stops } from './stops.js';

const issuer = 'https://idp.corp.test';
const alice: Principal = {
  kind: 'human',
  issuer,
  subject: 'alice',
  email: 'alice@corp.test',
  groups: ['platform'],
};
const start = Date.parse('2026-01-05T09:00:00.000Z');
const atOf = (second: number) => new Date(start + second * 1000).toISOString();
const grantOf = (second: number, more: Partial<StoppableGrant> = {}): StoppableGrant => ({
  issuer,
  subject: 'agent-oncall',
  connection: 'prod-eks',
  issuedAtMs: start + second * 1000,
  ...more,
});
const recorded = (key: string, event: StopEvent, second: number): RecordedEvent<StopEvent> => ({
  id: 'e',
  causationId: 'c',
  actor: { kind: 'human', id: 'alice' },
  at: atOf(second),
  aggregateId: key,
  sequence: second + 1,
  event,
});
const raised = (target: StopTarget, second: number, keep = true) =>
  recorded(
    stopKeyOf(target),
    { type: 'BridgesRaised', data: { by: alice, via: 'http', reason: 'incident', target, keep } },
    second,
  );
const released = (target: StopTarget, second: number) =>
  recorded(
    stopKeyOf(target),
    { type: 'BridgesReleased', data: { by: alice, via: 'http', reason: 'over' } },
    second,
  );
const stopsOf = (...events: RecordedEvent<StopEvent>[]): Stops => {
  const stops = new Stops();
  for (const event of events) stops.take(event);
  return stops;
};
const agent = { issuer, subject: 'agent-oncall' };

describe('bridges that are kept raised', () => {
  it.each<{ target: StopTarget }>([
    { target: 'all' },
    { target: { connection: 'prod-eks' } },
    { target: { agent } },
  ])('end what is under them, of before and after: $target', ({ target }) => {
    const stops = stopsOf(raised(target, 10));
    expect(stops.over(grantOf(0))).toBeDefined();
    expect(stops.over(grantOf(100))).toBeDefined();
    const other = { connection: 'staging', subject: 'agent-reader' };
    expect(stops.over(grantOf(100, other)) === undefined).toBe(target !== 'all');
  });

  it('never give back what they ended, when they are released', () => {
    const stops = stopsOf(raised('all', 10), released('all', 20));
    expect(stops.over(grantOf(5))).toBeDefined();
    expect(stops.over(grantOf(19.999))).toBeDefined();
    expect(stops.over(grantOf(20))).toBeUndefined();
    expect(stops.inForce).toStrictEqual([]);
  });

  it('are released within seconds, and give nothing back of what two clocks disagree about', () => {
    const stops = stopsOf(raised('all', 10), released('all', 11));
    expect(stops.over(grantOf(14.999))).toBeDefined();
    expect(stops.over(grantOf(15))).toBeUndefined();
  });

  it('are still raised by one target when another is released', () => {
    const prod = { connection: 'prod-eks' };
    const stops = stopsOf(raised('all', 10), raised(prod, 11), released('all', 20));
    expect(stops.over(grantOf(30))?.key).toBe('c_prod-eks');
    expect(stops.over(grantOf(30, { connection: 'staging' }))).toBeUndefined();
  });
});

describe('bridges that are raised for a moment', () => {
  it('end what was open, five seconds of clocks included, and nothing later', () => {
    const stops = stopsOf(raised('all', 10, false));
    expect(stops.over(grantOf(10))).toBeDefined();
    expect(stops.over(grantOf(14.999))).toBeDefined();
    expect(stops.over(grantOf(15))).toBeUndefined();
    expect(stops.inForce).toStrictEqual([]);
  });

  it('do not release those that are kept', () => {
    const stops = stopsOf(raised('all', 10), raised('all', 11, false));
    expect(stops.over(grantOf(100))).toBeDefined();
  });
});

describe('a disabled agent', () => {
  const disabled = (second: number) =>
    recorded(
      disabledKeyOf(agent),
      { type: 'AgentDisabled', data: { by: alice, ...agent, reason: 'runs wild' } },
      second,
    );
  const enabled = (second: number) =>
    recorded(
      disabledKeyOf(agent),
      { type: 'AgentEnabled', data: { by: alice, ...agent, reason: 'mended' } },
      second,
    );

  it('has no grant until it is enabled, and none of before then either', () => {
    const stop = stopsOf(disabled(10)).over(grantOf(0));
    expect(stop !== undefined && isDisabling(stop)).toBe(true);
    const stops = stopsOf(disabled(10), enabled(20));
    expect(stops.over(grantOf(0))).toBeDefined();
    expect(stops.over(grantOf(21))).toBeUndefined();
  });

  it('is another than one with the same subject of another issuer', () => {
    expect(stopsOf(disabled(10)).over(grantOf(0, { issuer: 'https://other' }))).toBeUndefined();
  });
});

describe('what cannot be meant stops', () => {
  it('an event that cannot be read, until a release that can', () => {
    const stops = stopsOf();
    stops.takeUnreadable('c_prod-eks');
    expect(stops.over(grantOf(100))).toBeDefined();
    expect(stops.over(grantOf(100, { connection: 'staging' }))).toBeUndefined();
    stops.take(released({ connection: 'prod-eks' }, 200));
    expect(stops.over(grantOf(201))).toBeUndefined();
  });

  it.each<{ why: string; key: string; event: StopEvent }>([
    {
      why: 'raised for another target',
      key: 'all',
      event: raised({ connection: 'other' }, 1).event,
    },
    {
      why: 'another agent enabled',
      key: disabledKeyOf(agent),
      event: {
        type: 'AgentEnabled',
        data: { by: alice, issuer, subject: 'agent-reader', reason: '' },
      },
    },
    {
      why: 'bridges released where an agent is meant',
      key: disabledKeyOf(agent),
      event: released('all', 1).event,
    },
  ])('an event on the subject of another: $why', ({ key, event }) => {
    expect(stopsOf(recorded(key, event, 1)).over(grantOf(100))).toBeDefined();
  });
});

describe('the keys', () => {
  it('are tokens of a subject, whatever is in an identity', () => {
    for (const subject of ['a.b', '*', '>', 'ä ö', 'x'.repeat(256)]) {
      expect(stopKeyOf({ agent: { issuer, subject } })).toMatch(/^a_[0-9a-f]{32}$/);
      expect(disabledKeyOf({ issuer, subject })).toMatch(/^d_[0-9a-f]{32}$/);
    }
    expect(targetOfKey('all')).toBe('all');
    expect(targetOfKey('c_prod-eks')).toStrictEqual({ connection: 'prod-eks' });
    expect(targetOfKey(stopKeyOf({ agent }))).toBeUndefined();
  });
});

const target = fc.constantFrom<StopTarget>('all', { connection: 'prod-eks' }, { agent });
const act = fc.record({
  target,
  kind: fc.constantFrom('raise', 'moment', 'release'),
  second: fc.integer({ min: 0, max: 50 }),
});

describe('whatever is raised and released', () => {
  it('a grant that was under raised bridges at any moment of its life stays ended for ever', () => {
    let covered = 0;
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 12 }),
        fc.integer({ min: 0, max: 50 }),
        (acts, issuedAt) => {
          const inOrder = acts.toSorted((one, other) => one.second - other.second);
          const stops = new Stops();
          let wasCovered = false;
          for (const { target: on, kind, second } of inOrder) {
            if (kind === 'release') stops.take(released(on, second));
            else stops.take(raised(on, second, kind === 'raise'));
            if (second <= issuedAt) continue;
            const isCovered = stops.over(grantOf(issuedAt)) !== undefined;
            expect(wasCovered && !isCovered).toBe(false);
            // Whoever raises anything over it ends it, there and then.
            if (kind !== 'release') expect(isCovered).toBe(true);
            wasCovered ||= isCovered;
          }
          covered += Number(wasCovered);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(covered).toBeGreaterThan(500);
  });
});
