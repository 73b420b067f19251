import type { AccessEvent, AuditStopEvent } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import {
  agent,
  alice,
  command,
  expired,
  given,
  grantId,
  held,
  history,
  holdApproved,
  holdHistory,
  holdId,
  issued,
  requested,
  requestId,
  totals,
  validated,
} from '../../test/story-samples.js';
import { callLines } from './call-lines.js';
import { storyOf, type SessionFacts } from './story-of.js';

const facts = (change: Partial<SessionFacts> = {}): SessionFacts => ({
  events: history(requested, validated, given, issued),
  ...{ commands: [], holds: [], totals },
  ...change,
});
const told = (change: Partial<SessionFacts> = {}) => {
  const story = storyOf(facts(change));
  if (story === undefined) throw new Error('no story');
  return story;
};
const extended: AccessEvent = {
  type: 'GrantExtended',
  data: { grantId, round: 2, endsAt: '2026-01-05T09:30:03.000Z', approvers: [alice] },
};

describe('the story of a session', () => {
  it('begins with who asked why, and who approved what', () => {
    expect(told()).toMatchObject({
      accessRequestId: requestId,
      ...{ connection: 'prod-eks', environment: 'production', agent },
      asked: {
        ...{ at: '2026-01-05T09:00:00.000Z', reason: 'readiness probe failing' },
        ...{ ticket: 'INC-4211', scope: ['rollout-restart deployment=checkout'] },
      },
      grant: {
        ...{ id: grantId, policy: 'oncall', approvers: ['alice@corp.test'] },
        allows: ['change (patch) deployment checkout in payments'],
        endsAt: '2026-01-05T09:15:03.000Z',
      },
    });
  });

  it('says each event in words, by whom, in order', () => {
    expect(told().moments.map(({ by, words }) => `${by} ${words}`)).toStrictEqual([
      'agent-oncall asked for 15m on prod-eks: "readiness probe failing" (INC-4211)',
      'policy found it valid by policy oncall, risk medium: needs 1 of sre-oncall',
      'alice@corp.test approved in Slack: "go"',
      `policy issued grant ${grantId} until 2026-01-05T09:15:03.000Z, approved by alice@corp.test`,
    ]);
  });

  it('calls an event of a later version by its name', () => {
    const later = { type: 'GrantBlessed', data: { words: 'x' } };
    const { moments } = told({ events: history(requested, later) });
    expect(moments[1]).toMatchObject({ type: 'GrantBlessed', words: 'GrantBlessed' });
  });

  it('is none of something that nobody asked for', () => {
    expect(storyOf(facts({ events: history(issued) }))).toBeUndefined();
    expect(storyOf(facts({ events: [] }))).toBeUndefined();
  });

  it('ends as its grant did', () => {
    expect(told().end).toBeUndefined();
    const { end } = told({ events: history(requested, validated, issued, expired) });
    expect(end).toMatchObject({ type: 'GrantExpired', at: '2026-01-05T09:00:03.000Z' });
  });

  it('ends where nothing came of the request', () => {
    const denied: AccessEvent = {
      type: 'AccessRequestDenied',
      data: { code: 'duration_too_long', message: 'at most 15 minutes' },
    };
    const story = told({ events: history(requested, denied) });
    expect(story).not.toHaveProperty('grant');
    expect(story.end?.words).toBe('denied it (duration_too_long): at most 15 minutes');
  });

  it('tells the end with more time that was given', () => {
    const { grant } = told({ events: history(requested, validated, issued, extended) });
    expect(grant?.endsAt).toBe('2026-01-05T09:30:03.000Z');
  });

  it('tells rules that were asked for, with what their selectors say', () => {
    const rules = [
      {
        ...{ verbs: ['get'], apiGroups: ['apps'], resources: ['deployments'] },
        namespaceSelector: { matchLabels: { team: 'payments' } },
        resourceNamePatterns: ['checkout-*'],
      },
    ];
    const event: AccessEvent = {
      type: 'AccessRequested',
      data: {
        ...{ requester: agent, digest: 'a' },
        request: { connection: 'prod-eks', scope: { rules }, durationSeconds: 60, reason: 'x' },
      },
    };
    expect(told({ events: history(event) }).asked.scope).toStrictEqual([
      'read (get) deployment checkout-* in namespaces with team=payments',
    ]);
  });

  it('says who paused or cut a running session, and why', () => {
    const exec = command(1, { verb: 'create', subresource: 'exec' });
    const by = { kind: 'human', issuer: 'https://idp.test', subject: 'bob', groups: [] } as const;
    const session = { commandId: exec.id, connection: 'prod-eks' };
    const order = (type: string, second: number, data: object): AuditStopEvent => ({
      ...{ id: requestId, type, sequence: second, schemaVersion: 1, key: `s_${exec.id}_prod-eks` },
      ...{ at: `2026-01-05T09:05:0${second}.000Z`, correlationId: 'c', causationId: 'd' },
      ...{ actor: { kind: 'human', id: 'https://idp.test#bob' }, data, hash: 'a'.repeat(64) },
    });
    const orders = [
      order('SessionPaused', 1, { ...session, by, via: 'http', reason: '' }),
      order('SessionCut', 2, {
        ...session,
        ...{ by: { ...by, email: 'bob@corp.test' }, via: 'slack', reason: 'reads keys' },
      }),
      order('SessionCopied', 3, { what: 'of a later version' }),
    ];
    const { calls } = told({ commands: [exec], orders: new Map([[exec.id, orders]]) });
    expect(calls[0]?.orders?.map(({ by: who, words }) => `${who} ${words}`)).toStrictEqual([
      'bob paused it by API',
      'bob@corp.test cut it in Slack: "reads keys"',
      'bob SessionCopied',
    ]);
    expect(callLines(calls[0]!)).toContain(
      'session 09:05:02  bob@corp.test: cut it in Slack: "reads keys"',
    );
  });

  it('has each call with what belongs to it', () => {
    const [one, other] = [command(1, { holdId }), command(2, { grantId: requestId })];
    const changed = { changes: [{ path: 'spec.replicas', before: '3', after: '5' }] };
    const { calls } = told({
      commands: [one, other],
      holds: holdHistory(held, holdApproved),
      changes: new Map([[one.id, changed]]),
      recordings: new Map([[other.id, { kind: 'exec', chunks: 2, isWhole: true }]]),
    });
    expect(calls[0]).toMatchObject({ command: one, isOfGrant: true, isDryRun: false, changed });
    expect(calls[0]?.hold).toMatchObject({ id: holdId, reason: 'pods are not cattle here' });
    expect(calls[0]?.hold?.moments.map(({ by, type }) => [type, by])).toStrictEqual([
      ['CommandHeld', 'proxy'],
      ['HoldApproved', 'alice@corp.test'],
    ]);
    expect(calls[0]).not.toHaveProperty('recording');
    expect(calls[1]).toMatchObject({ isOfGrant: false, recording: { kind: 'exec', chunks: 2 } });
    expect(calls[1]).not.toHaveProperty('hold');
  });

  it.each([
    ['a patch that says so', { query: 'dryRun=All' }, true],
    ['a patch that says something else', { query: 'dryRun=None' }, false],
    ['a delete whose body says so', { verb: 'delete', dryRun: true }, true],
    [
      'a delete whose body says otherwise',
      { verb: 'delete', query: 'dryRun=All', dryRun: false },
      false,
    ],
    ['a read', { verb: 'get', query: 'dryRun=All' }, false],
  ])('tells of %s whether it was a dry-run', (_what, change, is) => {
    expect(told({ commands: [command(1, change)] }).calls[0]?.isDryRun).toBe(is);
  });
});
