import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
import { tellStory, type RequestStory } from '../domain/request-story.js';
import {
  accessRequested,
  alice,
  approvalRequested,
  bob,
  carol,
  closedBy,
  deniedBy,
  givenBy,
  recordedAll,
  requestId,
  stepsOf,
  validated,
  voidedBy,
} from '../../test/sample-events.js';
import { CardValue } from './card-value.js';
import { renderCard } from './card.js';
import { rulesView } from './rules-view.js';

const approval = stepsOf();
const asked = [accessRequested, validated(approval), approvalRequested(approval)];
function story(...events: AccessEvent[]): RequestStory {
  const told = tellStory(recordedAll(events));
  if (told === undefined) throw new Error('no story');
  return told;
}
function readable(...events: AccessEvent[]): string {
  const letters: string[] = [];
  JSON.stringify(renderCard(story(...events)).blocks, (key, value: unknown) => {
    if ((key === 'text' || key === 'fallback') && typeof value === 'string') letters.push(value);
    return value;
  });
  return letters.join('');
}
const values = (...events: AccessEvent[]) =>
  renderCard(story(...events)).blocks.flatMap((block) =>
    block.type === 'actions'
      ? block.elements.map((element) => ('value' in element ? element.value : undefined))
      : [],
  );
/** That of the only button that is left. */
const ruleButton = expect.stringContaining(requestId) as string;
const onCall = { step: 'on-call' };

describe('the card of a request that is asked in steps', () => {
  it('says which step is open and what is missing', () => {
    const card = readable(...asked);
    expect(card).toContain('1. on-call: 0 of 1 approvals from sre-oncall (open)');
    expect(card).toContain('2. lead: 0 of 1 approvals from sre-leads (waits)');
    expect(card).toContain('Open. Decide by 2026-01-05 09:30 UTC');
  });

  it('says who approved what, and goes on', () => {
    const card = readable(...asked, givenBy(alice, onCall));
    expect(card).toContain('Approved by alice@corp.test in Slack 2026-01-05 09:00 UTC for on-call');
    expect(card).toContain('1. on-call: 1 of 1 approvals from sre-oncall (done)');
    expect(card).toContain('2. lead: 0 of 1 approvals from sre-leads (open)');
  });

  it('shows the terms as they were narrowed, and by whom', () => {
    const narrow = { durationSeconds: 300, rules: [{ ...rule(), verbs: ['patch'] }] };
    const card = readable(...asked, givenBy(alice, { ...onCall, narrow }));
    expect(card).toContain('for on-call, narrowed to 5 minutes and to fewer rules');
    expect(card).toContain('For: 5 minutes');
    const exact = JSON.stringify(rulesView(story(...asked, givenBy(alice, { ...onCall, narrow }))));
    expect(exact).toContain('patch\\n  resources:  deployments');
    expect(exact).not.toContain('get, patch');
  });

  it('says that an approval counts no more', () => {
    const card = readable(...asked, givenBy(alice, onCall), voidedBy(alice));
    expect(card).toContain('taken back 2026-01-05 09:00 UTC');
    expect(card).toContain('1. on-call: 0 of 1 approvals from sre-oncall (open)');
  });

  it('keeps its buttons under denials that are too few', () => {
    const two = stepsOf({ denyThreshold: 2 });
    const past = [accessRequested, validated(two), approvalRequested(two)];
    expect(values(...past, deniedBy(bob, 'no'))).toHaveLength(5);
    expect(readable(...past, deniedBy(bob, 'no'))).toContain('1 of 2 denials that end it');
    expect(values(...past, deniedBy(bob), deniedBy(carol))).toEqual([ruleButton]);
  });

  it('takes no decision once all said yes', () => {
    const all = [...asked, givenBy(alice, onCall), givenBy(carol, { step: 'lead' })];
    expect(values(...all)).toEqual([ruleButton]);
    expect(readable(...all, closedBy(alice, carol))).toContain('Approved: rollout-restart');
  });
});

describe('the value of a button', () => {
  it('names what the card showed', () => {
    const shown = `${requestId}|0|on-call`;
    // Approve, Deny, Narrow and Ask; the menu holds it behind the name of each entry.
    expect(values(...asked)).toEqual([shown, shown, shown, shown, undefined]);
    const narrow = { durationSeconds: 300 };
    const [value] = values(...asked, givenBy(alice, { ...onCall, narrow }));
    expect(CardValue.parse(value)).toEqual({ requestId, round: 1, seen: 1, step: 'lead' });
  });

  it('is the request alone on a card of before there were steps', () =>
    expect(CardValue.parse(requestId)).toEqual({ requestId, round: 1, seen: 0 }));

  it.each([
    '',
    'x',
    `${requestId}|`,
    `${requestId}|-1|`,
    `${requestId}|0|A B`,
    `${requestId}|0|a|b`,
  ])('is refused when it is none of ours: %s', (value) =>
    expect(CardValue.safeParse(value).success).toBe(false),
  );
});

function rule() {
  const [first] = story(...asked).terms.rules;
  if (first === undefined) throw new Error('no rule');
  return first;
}
