import { describe, expect, it } from 'vitest';
import { AgentShares } from './agent-shares.js';

interface Call {
  readonly agent: { readonly issuer: string; readonly subject: string };
  readonly number: number;
}

let calls = 0;
function callOf(subject: string): Call {
  calls += 1;
  return { agent: { issuer: 'https://idp.test', subject }, number: calls };
}

/** The subjects of the next calls, each of which has a connection from then on. */
function order(shares: AgentShares<Call>, count: number): string[] {
  return Array.from({ length: count }, () => {
    const call = shares.next();
    if (call === undefined) return 'none';
    shares.of(call.agent).inUse += 1;
    return call.agent.subject;
  });
}

describe('T25 calls that wait for a connection', () => {
  it('of an agent with few come before those of one with many, however late', () => {
    const shares = new AgentShares<Call>();
    for (let index = 0; index < 5; index += 1) shares.wait(callOf('greedy'));
    expect(order(shares, 2)).toStrictEqual(['greedy', 'greedy']);
    shares.wait(callOf('modest'));
    expect(order(shares, 5)).toStrictEqual(['modest', 'greedy', 'greedy', 'greedy', 'none']);
  });

  it('of agents with as many each take turns', () => {
    const shares = new AgentShares<Call>();
    for (const subject of ['a', 'a', 'a', 'b', 'b', 'c']) shares.wait(callOf(subject));
    expect(order(shares, 7)).toStrictEqual(['a', 'b', 'c', 'a', 'b', 'a', 'none']);
  });

  it('of one agent keep their order, but for one that comes again', () => {
    const shares = new AgentShares<Call>();
    const [first, second, again] = [callOf('a'), callOf('a'), callOf('a')];
    shares.wait(first);
    shares.wait(second);
    shares.wait(again, true);
    expect([shares.next(), shares.next(), shares.next()]).toStrictEqual([again, first, second]);
  });

  it('may leave', () => {
    const shares = new AgentShares<Call>();
    const [one, two] = [callOf('a'), callOf('b')];
    shares.wait(one);
    shares.wait(two);
    shares.remove(one);
    shares.remove(one);
    expect(shares.waiting).toBe(1);
    expect(shares.calls()).toStrictEqual([two]);
    expect([shares.next(), shares.next()]).toStrictEqual([two, undefined]);
  });

  it('want as many connections as their agents have fewer than is guaranteed', () => {
    const shares = new AgentShares<Call>();
    for (let index = 0; index < 20; index += 1) shares.wait(callOf('a'));
    shares.wait(callOf('b'));
    expect(shares.wanted(8)).toBe(9);
    shares.of(callOf('a').agent).inUse = 6;
    expect(shares.wanted(8)).toBe(3);
    shares.of(callOf('a').agent).inUse = 60;
    expect(shares.wanted(8)).toBe(1);
  });
});

describe('T25 the agents of which shares are kept', () => {
  it('are known by what they are called, not by the object that says so', () => {
    const shares = new AgentShares<Call>();
    expect(shares.of(callOf('a').agent)).toBe(shares.of(callOf('a').agent));
    expect(shares.of(callOf('a').agent)).not.toBe(shares.of(callOf('b').agent));
  });

  it('are forgotten when they have nothing and want nothing, and counted anew when they are back', () => {
    const shares = new AgentShares<Call>();
    const { agent } = callOf('a');
    const before = shares.of(agent);
    before.inUse = 1;
    shares.tidy();
    expect(shares.of(agent)).toBe(before);
    before.inUse = 0;
    shares.tidy();
    const after = shares.of({ ...agent });
    expect(after).not.toBe(before);
    expect(shares.of(agent)).toBe(after);
  });
});
