import { describe, expect, it } from 'vitest';
import type { StopEvent } from '@drawbridge/contracts';
import { alice, recorded, sample } from '../../test/sample-events.js';
import { DisabledAgents } from './disabled-agents.js';

const data = { by: alice, issuer: 'https://idp.corp.test', subject: 'agent', reason: 'runs wild' };
const at = (sequence: number, event: StopEvent, aggregateId = 'd_1') => ({
  ...recorded(sample.AccessRequested, sequence),
  aggregateId,
  event,
});
const off = (sequence: number) => at(sequence, { type: 'AgentDisabled', data });
const on = (sequence: number) => at(sequence, { type: 'AgentEnabled', data });

describe('the disabled agents', () => {
  it('are those whose newest event says so', () => {
    const agents = new DisabledAgents();
    expect(agents.take(off(1))).toBe(true);
    expect(agents.list).toMatchObject([{ subject: 'agent', reason: 'runs wild' }]);
    expect(agents.take(on(2))).toBe(true);
    expect(agents.list).toStrictEqual([]);
    expect(agents.take(off(3))).toBe(true);
    expect(agents.list).toHaveLength(1);
  });

  it('are not changed by what comes again, or late', () => {
    const agents = new DisabledAgents();
    agents.take(off(3));
    expect(agents.take(off(3))).toBe(false);
    expect(agents.take(on(2))).toBe(false);
    expect(agents.list).toHaveLength(1);
    agents.take(on(4));
    expect(agents.take(off(3))).toBe(false);
    expect(agents.list).toStrictEqual([]);
  });

  it('are not those whose bridges are raised', () => {
    const agents = new DisabledAgents();
    const raised: StopEvent = {
      type: 'BridgesRaised',
      data: { by: alice, via: 'http', reason: 'x', target: 'all', keep: true },
    };
    expect(agents.take(at(1, raised, 'all'))).toBe(false);
    expect(agents.list).toStrictEqual([]);
  });
});
