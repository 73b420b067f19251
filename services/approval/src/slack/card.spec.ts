import { describe, expect, it } from 'vitest';
import type { AccessEvent, AccessTerms } from '@drawbridge/contracts';
import { messageProblems, viewProblems } from '@drawbridge/embedded';
import type { AgentPast } from '../domain/agent-history.js';
import { tellStory, type RequestStory } from '../domain/request-story.js';
import {
  accessRequested,
  agent,
  alice,
  approvalRequested,
  approvedBy,
  bob,
  closedBy,
  deniedBy,
  grantExpired,
  grantIssued,
  grantRevoked,
  humansOf,
  lapsed,
  recordedAll,
  rejectedBy,
  requestId,
  terms,
  validated,
  withdrawn,
} from '../../test/sample-events.js';
import { renderCard } from './card.js';
import { denyAccessView } from './deny-view.js';
import { narrowView } from './narrow-view.js';
import { rulesView } from './rules-view.js';

function story(...events: AccessEvent[]): RequestStory {
  const told = tellStory(recordedAll(events));
  if (told === undefined) throw new Error('no story');
  return told;
}
const pending = (changed: Partial<AccessTerms> = {}) => [
  accessRequested,
  validated(humansOf(1), agent, changed),
  approvalRequested(),
];
const shown = (...events: AccessEvent[]) => JSON.stringify(renderCard(story(...events)));
/** What a reader sees: the letters of all elements, in order. */
const readable = (...events: AccessEvent[]) => lettersOf(renderCard(story(...events)).blocks);
const readableView = ({ blocks }: { readonly blocks: unknown }) => lettersOf(blocks);
function lettersOf(blocks: unknown): string {
  const letters: string[] = [];
  JSON.stringify(blocks, (key, value: unknown) => {
    if ((key === 'text' || key === 'fallback') && typeof value === 'string') letters.push(value);
    return value;
  });
  return letters.join('');
}
const buttons = (...events: AccessEvent[]) =>
  renderCard(story(...events)).blocks.flatMap((block) =>
    block.type === 'actions' ? block.elements.map((element) => element.action_id) : [],
  );

describe('the card of a request that waits', () => {
  const card = readable(...pending());

  it.each([
    ['who', 'Who: agent agent-oncall, owned by dana@corp.test'],
    ['what', 'What: change (patch) and read (get) deployment checkout in payments'],
    ['where', 'Where: prod-eks (production)'],
    ['how long', 'For: 15 minutes'],
    ['why', 'Why: readiness probe failing · ticket INC-4211'],
    ['the risk', 'Risk:  medium (changes a workload in production)'],
    ['cuts', 'Cut by policy: durationSeconds from 3600 to 900 (at most 15 minutes)'],
    ['the reach', 'Reach: 1 deployment in 1 namespace · changes · does not read secrets'],
    ['what it is', 'agent-oncall wants rollout-restart checkout on prod-eks'],
    ['who may decide', '0 of 1 approvals from sre-oncall. Decide by 2026-01-05 09:30 UTC'],
    [
      'its policy',
      `Identity of idp.corp.test · policy oncall-production@a1b2c3d4e5f6 · request ${requestId}`,
    ],
  ])('says %s', (_, words) => expect(card).toContain(words));

  it('says what labels and patterns stood for', () => {
    const [asked, judged, ...others] = pending();
    if (asked === undefined || judged?.type !== 'AccessRequestValidated')
      throw new Error('another');
    const resolved = [
      { field: 'namespaces' as const, asked: 'team=payments', names: ['payments', 'ledger'] },
      {
        ...{ field: 'resourceNames' as const, kind: 'pods', namespace: 'payments' },
        ...{ asked: 'web-*', names: ['web-1'] },
      },
    ];
    const card = readable(asked, { ...judged, data: { ...judged.data, resolved } }, ...others);
    expect(card).toContain('Selected: namespaces with team=payments: payments, ledger');
    expect(card).toContain('Selected: pods web-* in payments: web-1');
  });

  it('offers both decisions, approval with a confirmation', () => {
    expect(buttons(...pending())).toStrictEqual([
      'drawbridge_approve',
      'drawbridge_deny',
      'drawbridge_ask',
      'drawbridge_more',
    ]);
    expect(card).toContain('Approve this access?');
    expect(card).toContain(
      'agent-oncall wants rollout-restart checkout on prod-eks for 15 minutes. Risk: medium.',
    );
  });

  it('can be found again by its request', () =>
    expect(renderCard(story(...pending())).metadata).toStrictEqual({
      event_type: 'drawbridge_access_request',
      event_payload: { request_id: requestId },
    }));

  it('warns of every namespace', () => {
    const rules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }];
    expect(readable(...pending({ rules }))).toContain('EVERY namespace and cluster-wide');
  });

  it('tells for whom it is asked, and whether they said so', () => {
    expect(card).not.toContain('on behalf');
    const onBehalfOf = { issuer: 'https://idp.corp.test', subject: 'h', email: 'heidi@corp.test' };
    const of = (proof: 'token' | 'none') =>
      readable(...pending({ onBehalfOf: { ...onBehalfOf, proof } }));
    expect(of('token')).toContain('on behalf of heidi@corp.test, who is logged in');
    expect(of('none')).toContain('on behalf of heidi@corp.test, as the agent says');
    const nasty = { ...onBehalfOf, email: '<!channel>\u202e*x*', proof: 'none' as const };
    expect(readable(...pending({ onBehalfOf: nasty }))).not.toContain('\u202e');
  });

  it('tells from when on, where that is not at once', () => {
    expect(card).not.toContain('15 minutes from');
    const later = pending({ startAt: '2026-01-05T22:00:00.000Z' });
    expect(readable(...later)).toContain('from 2026-01-05 22:00 UTC on');
    expect(renderCard(story(...later)).text).toContain('from 2026-01-05 22:00 UTC on');
    expect(readableView(rulesView(story(...later)))).toContain('from 2026-01-05 22:00 UTC on');
  });

  it('keeps the exact rules behind a click', () => {
    expect(card).not.toContain('apiGroups:');
    const rules = readableView(rulesView(story(...pending())));
    expect(rules).toContain('get, patch\n  resources:  deployments\n  apiGroups:  apps\n');
    expect(viewProblems(rulesView(story(...pending())))).toStrictEqual([]);
  });

  it('shows many rules in that dialog, and can be approved', () => {
    const names = Array.from({ length: 100 }, (_, index) => `deployment-with-a-long-name-${index}`);
    const rules = [
      { ...terms.rules[0]!, resourceNames: names },
      { ...terms.rules[0]!, resourceNames: names },
    ];
    const view = rulesView(story(...pending({ rules })));
    expect(buttons(...pending({ rules }))).toContain('drawbridge_approve');
    expect(readableView(view).match(/deployment-with-a-long-name-99/g)).toHaveLength(2);
    expect(viewProblems(view)).toStrictEqual([]);
  });

  it('cannot be approved from Slack when no dialog shows all of its rules', () => {
    const rule = {
      ...terms.rules[0]!,
      resourceNames: Array.from({ length: 100 }, () => 'x'.repeat(253)),
    };
    const rules = Array.from({ length: 3 }, () => rule);
    const shownOf = pending({ rules });
    expect(buttons(...shownOf)).toStrictEqual([
      'drawbridge_deny',
      'drawbridge_ask',
      'drawbridge_more',
    ]);
    expect(readable(...shownOf)).toContain('use the CLI');
    expect(readableView(rulesView(story(...shownOf)))).toContain('use the CLI');
  });

  it('tells what the agent asked for before, when that is known', () => {
    const card2 = (past: AgentPast) => lettersOf(renderCard(story(...pending()), past).blocks);
    const past = { count: 4, granted: 3, denied: 1, isMore: false };
    expect(card2(past)).toContain('Before: 5th request in 7 days: 3 granted, 1 denied');
    expect(card2({ ...past, count: 0 })).toContain('Before: its first request in 7 days');
    expect(card2({ ...past, count: 10 })).toContain('11th request');
    expect(card2({ ...past, count: 50, isMore: true })).toContain('more than 51st request');
    expect(card).not.toContain('Before:');
  });

  it('says the most telling risks and how many there are more', () => {
    const risk = { level: 'high' as const, reasons: ['one', 'two', 'three', 'four', 'five'] };
    const [first, second, third] = pending();
    if (second?.type !== 'AccessRequestValidated') throw new Error('another sample');
    const changed = { ...second, data: { ...second.data, risk } };
    expect(readable(first!, changed, third!)).toContain('high (one; two; three; 2 more)');
  });

  it('stays within what Slack takes for the largest request', () => {
    const word = 'x'.repeat(253);
    const words = Array.from({ length: 100 }, (_, index) => `${word.slice(4)}${index}`);
    const rule = {
      verbs: words,
      apiGroups: words.slice(0, 50),
      resources: words,
      namespaces: words,
      resourceNames: words,
    };
    const rules = Array.from({ length: 50 }, () => rule);
    const { blocks } = renderCard(story(...pending({ rules, reason: 'r'.repeat(1000) })));
    expect(messageProblems({ blocks })).toStrictEqual([]);
    expect(viewProblems(rulesView(story(...pending({ rules }))))).toStrictEqual([]);
  });
});

describe('text of the agent on a card', () => {
  const hostile = '<!channel> <@U1> *ok* \u202Egpj.exe\u202C https://evil.test `x` & @here\u0007';
  const events = [
    accessRequested,
    validated(
      humansOf(1),
      { ...agent, subject: hostile, owner: hostile },
      { reason: hostile, ticket: hostile },
    ),
    approvalRequested(),
    approvedBy({ ...alice, email: hostile }),
    { type: 'AccessRequestRejected', data: { by: { ...bob, email: hostile }, reason: hostile } },
  ] satisfies AccessEvent[];

  it('is never read as mrkdwn', () => {
    const seen: string[] = [];
    JSON.stringify(renderCard(story(...events)).blocks, (key, value: unknown) => {
      if (key === 'type' && value === 'mrkdwn') seen.push('mrkdwn');
      return value;
    });
    expect(seen).toStrictEqual([]);
  });

  it('cannot mention, link or hide in the notification', () => {
    const { text } = renderCard(story(...events));
    expect(text).not.toMatch(/[<>*_`~]|@[a-z]|:\/\/|[\p{Cc}\p{Cf}]/u);
  });

  it('shows what is invisible', () => {
    const card = shown(...events);
    expect(card).not.toMatch(/\p{Cf}|\\u0007|:\/\//u);
    expect(card).toContain('‹U+202E›');
  });

  it('is as safe in the dialog that asks for a reason', () => {
    const view = JSON.stringify(
      denyAccessView(story(...events), { requestId, channel: 'C1', ts: '1.2' }),
    );
    expect(view).not.toMatch(/mrkdwn|\p{Cf}|\\u0007|:\/\//u);
  });

  it('is as safe among the exact rules and where less is chosen', () => {
    const told = story(...events);
    const from = { requestId, channel: 'C1', ts: '1.2', seen: 0 };
    const views = JSON.stringify([rulesView(told), narrowView(told, from)]);
    expect(views).not.toMatch(/mrkdwn|\p{Cf}|\\u0007|:\/\//u);
  });
});

describe('the card after the outcome', () => {
  const approved = [...pending(), approvedBy(alice), closedBy(alice)];
  it.each([
    {
      past: [...pending(), approvedBy(alice, 'http')],
      says: ['Approved by alice@corp.test over HTTP 2026-01-05 09:00 UTC'],
    },
    {
      past: approved,
      says: [
        'Approved: rollout-restart checkout on prod-eks',
        'Approved by alice@corp.test in Slack',
      ],
    },
    {
      past: [...approved, grantIssued],
      says: [
        'Approved, grant is open: rollout-restart checkout on prod-eks',
        'Grant: 2026-01-05 09:05 UTC until 2026-01-05 09:20 UTC',
      ],
    },
    {
      past: [...approved, grantIssued, grantExpired],
      says: ['Grant has expired', 'Expired 2026-01-05 09:20 UTC'],
    },
    {
      past: [...approved, grantIssued, grantRevoked],
      says: ['Grant was revoked', 'Revoked by bob@corp.test', ': not needed any more'],
    },
    {
      past: [...pending(), deniedBy(bob, 'no')],
      says: [
        'Denied: rollout-restart checkout on prod-eks',
        'Denied by bob@corp.test 2026-01-05 09:00 UTC: no',
      ],
    },
    {
      past: [...pending(), deniedBy(bob), rejectedBy(bob)],
      says: ['Denied: rollout-restart checkout on prod-eks', 'Denied by bob@corp.test'],
    },
    { past: [...pending(), lapsed], says: ['Lapsed, nobody decided in time'] },
    {
      past: [...pending(), withdrawn],
      says: ['Withdrawn by the requester', 'Withdrawn by agent-oncall'],
    },
  ])('says $says.0 and takes no decision', ({ past, says }) => {
    for (const words of says) expect(readable(...past)).toContain(words);
    expect(buttons(...past)).toStrictEqual(['drawbridge_rules']);
  });

  it('keeps its buttons while one of two humans has approved', () => {
    const past = [
      accessRequested,
      validated(humansOf(2)),
      approvalRequested(humansOf(2)),
      approvedBy(alice),
    ];
    expect(buttons(...past)).toHaveLength(4);
    expect(readable(...past)).toContain('Take back my approval');
    expect(readable(...past)).toContain('1 of 2 approvals from sre-oncall');
  });
});
