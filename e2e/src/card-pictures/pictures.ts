import type { AccessTerms } from '@drawbridge/contracts';
import {
  bridgesView,
  narrowView,
  overviewBlocks,
  renderBreakGlassCard,
  renderCard,
  roundNow,
  rulesView,
} from '@drawbridge/approval/cards';
import { SlackBlock, SlackView } from '@drawbridge/embedded';
import { z } from 'zod';
import { blocksHtml, viewHtml } from './block-kit-html.js';
import {
  alice,
  askedForMore,
  bob,
  byRules,
  given,
  granted,
  grantedTo,
  revoked,
  storyOf,
  terms,
  twoSteps,
} from './sample-request.js';
import { messageHtml } from './slack-page.js';

/** Something that Slack shows, as we send it and as it looks. */
export interface Picture {
  /** Of its files in docs/pictures/cards. */
  readonly name: string;
  /** As it goes to Slack. */
  readonly sent: unknown;
  readonly html: string;
}

const past = { count: 4, granted: 3, denied: 1, isMore: false };

/** A wide request: a shell and secrets, everywhere. */
const wide = {
  rules: [
    {
      verbs: ['get', 'list', 'delete'],
      apiGroups: ['', 'apps'],
      resources: ['pods', 'secrets', 'deployments'],
      namespaces: ['*'],
    },
    { verbs: ['create'], apiGroups: [''], resources: ['pods/exec'], namespaces: ['*'] },
  ],
  durationSeconds: 3600,
  reason: 'Payments are down in all regions and nobody knows why.',
  ticket: 'INC-4212',
} satisfies Partial<AccessTerms>;

/** One change, with the key that stays on the machine of the agent. */
const once = {
  limits: { maxChanges: 1, endWhenUsedUp: true },
  keyThumbprint: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
} satisfies Partial<AccessTerms>;

const mediumRisk = {
  level: 'medium' as const,
  reasons: ['changes a workload in production'],
  score: 30,
  factors: [{ points: 30, reason: 'changes a workload in production', by: 'rule' as const }],
};

/** Why somebody is asked all the same. */
const outsideHours = {
  facts: [
    {
      rule: 'small-restarts',
      condition: 'time',
      wanted: 'mon-fri 10:00-17:00 Europe/Berlin',
      found: '2026-11-23T09:02Z',
      isMet: false,
    },
  ],
};

const narrower = {
  alternative: {
    words: 'narrow it to namespace payments and to reading pods, and it needs no human',
    scope: { action: 'read-logs', parameters: { namespace: 'payments' } },
    durationSeconds: 600,
  },
};

const some: AccessTerms['rules'] = [
  ...terms.rules,
  {
    verbs: ['get', 'list'],
    apiGroups: [''],
    resources: ['pods', 'pods/log'],
    namespaces: ['payments', 'billing'],
  },
];

/** Every picture of the documentation. */
export function pictures(): readonly Picture[] {
  const pending = storyOf({ changed: once, risk: mediumRisk, said: outsideHours });
  const inSteps = { approval: twoSteps, changed: { rules: some } };
  const less = given(alice, { step: 'on-call', narrow: { durationSeconds: 300 } });
  const narrowed = storyOf(inSteps, less);
  const from = { requestId: pending.id, channel: 'C0APPROVALS', ts: '1.2', seen: 0 };
  return [
    card('pending', renderCard(pending, past)),
    card(
      'high-risk',
      renderCard(storyOf({ changed: wide, isByRules: true, risk: highRisk, said: narrower }), {
        ...past,
        count: 0,
      }),
    ),
    card('narrowed', renderCard(narrowed, past)),
    card('granted', renderCard(storyOf({}, given(alice), ...granted(alice)), past)),
    card('revoked', renderCard(ended(), past)),
    card('more-time', renderCard(moreTime(), past)),
    card('broken-glass', renderBreakGlassCard(brokenGlass())),
    dialog('exact-rules', rulesView(storyOf(inSteps))),
    dialog('narrow', narrowView(storyOf(inSteps), from)),
    dialog(
      'raise',
      bridgesView({ order: 'raise', target: 'all', openGrants: 3, reason: undefined }),
    ),
    dialog('home', { type: 'home', blocks: overviewBlocks(overview()) }),
  ];
}

function overview() {
  const link = 'https://corp.slack.example/archives/C0APPROVALS/p1';
  const waiting = [{ story: storyOf({ changed: wide, isByRules: true, risk: highRisk }), link }];
  const story = storyOf({}, given(alice), ...granted(alice));
  const open = story.grant === undefined ? [] : [{ ...story, grant: story.grant, id: 'other' }];
  return { waiting, waitingTotal: 1, open, openTotal: open.length, reviews: [], reviewsTotal: 0 };
}

const highRisk = {
  level: 'high' as const,
  score: 75,
  reasons: [
    'runs commands in every pod',
    'reads secrets',
    'deletes in production',
    'in every namespace',
  ],
};

const moreTime = () =>
  roundNow(
    storyOf(
      {},
      given(alice),
      ...granted(alice),
      ...askedForMore(600, 'Two of eight pods are still not ready.'),
    ),
  );

function brokenGlass() {
  const changed = {
    ...wide,
    durationSeconds: 900,
    breakGlass: {
      announce: ['C0INCIDENTS'],
      tell: ['sre-oncall', 'security'],
      reviewGroups: ['security'],
      reviewWithinSeconds: 86_400,
    },
  };
  const whole = { ...byRules, ...changed };
  const approval = { type: 'none' as const };
  const sample = { approval, changed, isByRules: true as const, risk: highRisk, requester: alice };
  const story = storyOf(sample, grantedTo(alice, whole));
  if (story.grant === undefined) throw new Error('the sample has no grant');
  return { ...story, grant: story.grant };
}

const ended = () =>
  storyOf({}, given(alice), ...granted(alice), revoked(bob, 'Found the cause, no restart needed'));

function card(name: string, { text, blocks }: { text: string; blocks: unknown }): Picture {
  const shown = z.array(SlackBlock).parse(blocks);
  return { name, sent: { text, blocks }, html: messageHtml(blocksHtml(shown)) };
}

function dialog(name: string, view: unknown): Picture {
  return { name, sent: view, html: viewHtml(SlackView.parse(view)) };
}
