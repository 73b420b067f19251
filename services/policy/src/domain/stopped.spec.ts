import { describe, expect, it } from 'vitest';
import { disabledKeyOf, Stops } from '@drawbridge/stops';
import { specify } from '@drawbridge/testing';
import {
  agent,
  alice,
  approved,
  at,
  calm,
  given as yes,
  grantId,
  issued,
  oncall,
  policySet,
  raisedStops,
  requested,
  validated,
} from '../../test/story.js';
import { accessGrant } from './access-grant.js';

const { given } = specify(accessGrant, at);
const policies = policySet(oncall);
const ready = [requested(), validated(), yes(alice), approved(alice)];
const commandsWith = (stops: Stops) => ({
  judge: { type: 'JudgeRequest', policies, circumstances: { ...calm(), stops } } as const,
  issue: { type: 'IssueGrant', grantId, policies, circumstances: { ...calm(), stops } } as const,
  recheck: { type: 'RecheckGrant', policies, circumstances: { ...calm(), stops } } as const,
});
const { issuer, subject } = agent;

describe('while the bridges are raised', () => {
  const targets = [
    { target: 'all' as const },
    { target: { connection: 'prod-eks' } },
    { target: { agent: { issuer, subject } } },
  ];

  it.each(targets)('nothing is validated, nothing granted ($target)', ({ target }) => {
    const { judge, issue } = commandsWith(raisedStops(target));
    const data = {
      code: 'bridges_raised',
      message: 'the bridges are raised: nothing is granted here at the moment',
      suggestion: 'Ask again when they are released.',
    };
    given(requested()).when(judge).then({ type: 'AccessRequestDenied', data });
    given(...ready)
      .when(issue)
      .then({ type: 'AccessRequestDenied', data: { policy: validated().data.policy, ...data } });
  });

  it('a grant that was issued in the same moment is taken back, in the name of who raised them', () => {
    given(...ready, issued())
      .when(commandsWith(raisedStops()).recheck)
      .then({
        type: 'GrantRevoked',
        data: {
          grantId,
          by: alice,
          reason: 'the bridges were raised: an incident',
          cause: 'stop',
        },
      });
  });

  it('what is elsewhere goes on', () => {
    const elsewhere = raisedStops({ connection: 'staging-eks' });
    given(...ready, issued())
      .when(commandsWith(elsewhere).recheck)
      .thenNothing();
    const other = raisedStops({ agent: { issuer, subject: 'agent-reader' } });
    expect(() =>
      given(...ready, issued())
        .when(commandsWith(other).recheck)
        .thenNothing(),
    ).not.toThrow();
  });
});

describe('when they were raised for a moment only', () => {
  const stops = raisedStops('all', false);
  const past = [...ready.map((event) => ({ event, at })), { event: issued(), at }];
  const stateAt = (issuedAt: string) =>
    past.reduce(
      (state, { event }) => accessGrant.evolve(state, event, issuedAt),
      accessGrant.initial,
    );

  it('a grant of before ends, one of later does not', () => {
    const { recheck } = commandsWith(stops);
    const before = accessGrant.decide(recheck, stateAt('2026-01-05T09:00:04.999Z'));
    expect(before).toMatchObject({ type: 'GrantRevoked', data: { cause: 'stop' } });
    const later = accessGrant.decide(recheck, stateAt('2026-01-05T09:00:05.000Z'));
    expect(later).toBeUndefined();
  });
});

describe('a disabled agent', () => {
  const stops = new Stops();
  stops.take({
    id: '0192d3f4-0000-7000-8000-0000000000ab',
    causationId: 'test',
    actor: { kind: 'human', id: 'alice' },
    aggregateId: disabledKeyOf(agent),
    sequence: 1,
    at,
    event: { type: 'AgentDisabled', data: { by: alice, issuer, subject, reason: 'runs wild' } },
  });
  const { judge, recheck } = commandsWith(stops);

  it('gets nothing and keeps nothing', () => {
    given(requested())
      .when(judge)
      .then({
        type: 'AccessRequestDenied',
        data: {
          code: 'agent_disabled',
          message: 'this agent was disabled',
          suggestion: 'Ask the people who run Drawbridge.',
        },
      });
    given(...ready, issued())
      .when(recheck)
      .then({
        type: 'GrantRevoked',
        data: {
          grantId,
          by: alice,
          reason: 'the agent was disabled: runs wild',
          cause: 'disabled',
        },
      });
  });
});
