import type { Principal, StopEvent } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import { describe, expect, it } from 'vitest';
import { sessionOrdersOf, type SessionCommand } from './session-orders.js';
import { sessionKeyOf } from './stop-key.js';
import { Stops } from './stops.js';

const session = { commandId: '019c0000-6666-7000-8000-000000000001', connection: 'prod' };
const { given } = specify(sessionOrdersOf(session));
const human = (subject: string): Principal => ({
  ...{ kind: 'human', issuer: 'https://idp.test', subject, groups: [] },
});
const [ann, bob] = [human('ann'), human('bob')];
const said = (by: Principal) => ({ by, via: 'http', reason: 'why', ...session }) as const;
const happened = (
  type: 'SessionPaused' | 'SessionResumed' | 'SessionCut',
  by = ann,
): StopEvent => ({
  ...{ type, data: said(by) },
});
const order = (
  type: SessionCommand['type'],
  change: Partial<SessionCommand> = {},
): SessionCommand => ({
  ...{ type, by: ann, via: 'http', reason: 'why', mayStop: true, isAdmin: false },
  ...change,
});

describe('what humans order about a session', () => {
  it('is recorded', () => {
    given().when(order('PauseSession')).then(happened('SessionPaused'));
    given(happened('SessionPaused')).when(order('ResumeSession')).then(happened('SessionResumed'));
    given(happened('SessionPaused')).when(order('CutSession')).then(happened('SessionCut'));
    given(happened('SessionPaused'), happened('SessionResumed'))
      .when(order('PauseSession'))
      .then(happened('SessionPaused'));
  });

  it('changes nothing when it is so already', () => {
    given(happened('SessionPaused')).when(order('PauseSession')).thenNothing();
    given(happened('SessionCut')).when(order('CutSession')).thenNothing();
    given(happened('SessionCut')).when(order('PauseSession')).thenNothing();
    given()
      .when(order('ResumeSession', { isAdmin: true }))
      .thenNothing();
  });

  it('is not for everybody', () => {
    given()
      .when(order('PauseSession', { mayStop: false }))
      .thenRefused('admins_only');
    given()
      .when(order('CutSession', { mayStop: false }))
      .thenRefused('admins_only');
    given(happened('SessionPaused'))
      .when(order('ResumeSession', { by: bob }))
      .thenRefused('admins_only');
    given(happened('SessionPaused'))
      .when(order('ResumeSession', { by: bob, isAdmin: true }))
      .then(happened('SessionResumed', bob));
  });
});

it('an order about a session stops no grant, and no other session', () => {
  const stops = new Stops();
  const at = '2026-01-05T09:00:00.000Z';
  const recorded = { event: happened('SessionCut'), aggregateId: sessionKeyOf(session), at };
  stops.take(recorded as unknown as Parameters<Stops['take']>[0]);
  stops.takeUnreadable(sessionKeyOf(session));
  const grant = { issuer: 'i', subject: 's', connection: 'prod', issuedAtMs: 0 };
  expect(stops.over(grant)).toBeUndefined();
  expect(stops.inForce).toStrictEqual([]);
  expect(sessionKeyOf({ ...session, connection: 'other' })).not.toBe(sessionKeyOf(session));
});
