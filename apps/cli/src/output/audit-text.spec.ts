import type { AuditEvent, AuditStopEvent, AuditTrailItem } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { eventTable, stopEventTable, trailTable } from './audit-text.js';

const stop = (key: string, type: string): AuditStopEvent => ({
  ...{ sequence: 1, id: '019c0000-0000-7000-8000-000000000001', key, type },
  ...{ schemaVersion: 1, correlationId: 'c', causationId: 'c', at: '2026-01-05T09:00:00.000Z' },
  ...{ actor: { kind: 'human', id: 'https://idp.test#human-alice' }, hash: 'h', previousHash: 'p' },
  data: {},
});

describe('the table of stops', () => {
  it('says what was stopped', () => {
    const session = '019c0000-0000-7000-8000-0000000000aa';
    const text = stopEventTable([
      stop(`s_${session}_prod-eks`, 'SessionCut'),
      stop('c_prod-eks', 'BridgesReleased'),
      stop('all', 'BridgesReleased'),
    ]);
    expect(text).toContain(`session ${session} on prod-eks`);
    expect(text).toContain('connection prod-eks');
    expect(text).toContain('all bridges');
    expect(text).not.toContain('s_019c');
  });
});

const alice = { kind: 'human', issuer: 'https://idp.test', subject: 'human-alice', groups: [] };
const request = '019c0000-0000-7000-8000-0000000000bb';

describe('the table of events', () => {
  const told = (data: object): string => {
    const event: AuditEvent = {
      ...stop('', 'ApprovalGiven'),
      accessRequestId: request,
      data: { via: 'http', reason: null, ...data },
    };
    return eventTable([event]);
  };

  it('names people by their e-mail address', () => {
    expect(told({ approver: { ...alice, email: 'alice@corp.test' } })).toMatch(
      / human alice@corp\.test\n$/,
    );
  });

  it.each([
    ['there is no address', { approver: alice }],
    ['it is about somebody else', { by: { ...alice, subject: 'eve', email: 'eve@corp.test' } }],
    [
      'another issuer says it',
      { by: { ...alice, issuer: 'https://evil.test', email: 'e@e.test' } },
    ],
    ['it is no human', { by: { ...alice, kind: 'agent', email: 'agent@corp.test' } }],
  ])('names them by their subject where %s', (_, data) => {
    expect(told(data)).toMatch(/ human human-alice\n$/);
  });

  it('says who it was of an event without anything', () => {
    expect(
      eventTable([{ ...stop('', 'GrantExpired'), accessRequestId: request, data: null }]),
    ).toMatch(/ human human-alice\n$/);
  });
});

describe('the table of the trail', () => {
  it('says which grant somebody looked at, where it was more than one command of it', () => {
    const grantId = '019c0000-0000-7000-8000-0000000000cc';
    const viewer = { ...alice, email: 'alice@corp.test' };
    const item: AuditTrailItem = {
      ...stop('', 'RecordingViewed'),
      data: { grantId, viewer, how: 'search' },
    };
    expect(trailTable([item])).toMatch(
      new RegExp(`RecordingViewed +human alice@corp\\.test +search +${grantId} +-\n$`),
    );
  });

  it('says which stream was not sealed', () => {
    const data = { stream: 'COMMANDS', since: '2026-01-05T09:00:00.000Z', code: 'seal_late' };
    expect(trailTable([{ ...stop('', 'SealingStopped'), data }])).toContain('COMMANDS: seal_late');
  });
});
