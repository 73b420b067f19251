import type { HoldEvent } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { alice, bob } from '../../test/sample-events.js';
import {
  commandHeld,
  commandReleased,
  heldCall,
  holdApproved,
  holdDenied,
  holdEndorsed,
  idOf,
  minute,
  recordedHold,
  type Held,
} from '../../test/sample-holds.js';
import { tellHoldStory, type HoldStory } from '../domain/hold-story.js';
import { denyHoldView } from './deny-view.js';
import { renderHoldCard } from './hold-card.js';

const held = heldCall();
function story(first: Held = held, ...later: HoldEvent[]): HoldStory {
  const told = tellHoldStory(recordedHold(idOf(first), [commandHeld(first), ...later]));
  if (told === undefined) throw new Error('no story');
  return told;
}
/** What a reader sees: the letters of all elements, in order. */
const readable = (told: HoldStory): string => lettersOf(renderHoldCard(told).blocks);
function lettersOf(blocks: unknown): string {
  const letters: string[] = [];
  JSON.stringify(blocks, (key, value: unknown) => {
    if ((key === 'text' || key === 'fallback') && typeof value === 'string') letters.push(value);
    return value;
  });
  return letters.join('');
}
const buttons = (told: HoldStory) =>
  renderHoldCard(told).blocks.flatMap((block) =>
    block.type === 'actions' ? block.elements.map((element) => element.action_id) : [],
  );
const both = ['drawbridge_hold_approve', 'drawbridge_hold_deny'];
const effectOf = (changed: Partial<Held['effect']>) => ({ effect: { ...held.effect, ...changed } });

describe('the card of a call that takes two humans', () => {
  const forTwo = heldCall({ approvers: { groups: ['sre-oncall'], count: 2 } });

  it('says how many it takes, and who said yes', () => {
    const needs = 'Needs approvals of 2 different people, 2 more, from sre-oncall.';
    expect(readable(story(forTwo))).toContain(needs);
    const half = story(forTwo, holdEndorsed(forTwo, alice));
    expect(readable(half)).toContain('One yes by alice@corp.test in Slack');
    expect(readable(half)).toContain('2 different people, 1 more, from sre-oncall.');
    expect(readable(half)).toContain('Held call: prod-eks');
    expect(buttons(half)).toStrictEqual(both);
  });

  it('names both when it was approved', () => {
    const past = [holdEndorsed(forTwo, alice), holdApproved(forTwo, bob)];
    const approved = readable(story(forTwo, ...past));
    expect(approved).toContain('One yes by alice@corp.test');
    expect(approved).toContain('Approved once by bob@corp.test');
  });
});

describe('the card of a held call', () => {
  it.each([
    ['who', 'Who: agent agent-oncall of idp.corp.test, owned by dana@corp.test'],
    ['what', 'What: delete namespaces "payments"'],
    ['where', 'Where: prod-eks (production)'],
    ['why it is held', 'Held because: deleting a namespace deletes everything in it'],
    ['what to do instead', 'Instead: delete what you made, by name'],
    ['why the agent is here', 'Why the agent is here: readiness probe failing · ticket INC-4211'],
    ['what it touches', 'Touches: 14 pods'],
    ['all of it', '   and the disruption budget of checkout allows 0'],
    ['what the cluster says', 'The cluster warns: finalizers are set'],
    ['what the agent did', 'Before that: 3 calls, 1 of them changed something'],
    [
      'the call and its dry-run',
      'DELETE /api/v1/namespaces/payments\n-kind: Namespace\n-  name: payments',
    ],
    [
      'that it is for once',
      'Lets this one call through, once. Needs one approval from sre-oncall.',
    ],
    ['by which rule', 'guardrail cluster-safety/namespace-deletion@3f9a1c0b7d2e'],
  ])('says %s', (_what, words) => {
    expect(readable(story())).toContain(words);
  });

  it('can be decided, and found again', () => {
    expect(buttons(story())).toStrictEqual(both);
    expect(renderHoldCard(story()).metadata).toStrictEqual({
      event_type: 'drawbridge_hold',
      event_payload: { hold_id: idOf(held) },
    });
  });

  it('says why there is no dry-run', () => {
    const { diff: _diff, ...effect } = held.effect;
    expect(_diff).toBeDefined();
    const without = heldCall({ effect: { ...effect, noDiff: 'a shell has none' } });
    expect(readable(story(without))).toContain('No dry-run: a shell has none');
    expect(buttons(story(without))).toStrictEqual(both);
  });

  it.each([
    ['a dry-run', effectOf({ diff: Array.from({ length: 400 }, () => '+  replicas: 3') })],
    ['a line of it', effectOf({ diff: ['x'.repeat(4600)] })],
    ['what it touches', effectOf({ touches: Array.from({ length: 9 }, String) })],
    ['a fact', effectOf({ touches: ['x'.repeat(201)] })],
    ['warnings', effectOf({ warnings: Array.from({ length: 5 }, String) })],
  ])('that cannot show %s whole cannot approve', (_what, changed) => {
    expect(buttons(story(heldCall(changed)))).toStrictEqual(['drawbridge_hold_deny']);
    expect(readable(story(heldCall(changed)))).toContain('use the CLI');
  });

  it('that cannot show the whole call cannot approve', () => {
    const long = heldCall({}, { query: `command=${'x'.repeat(5000)}` });
    expect(buttons(story(long))).toStrictEqual(['drawbridge_hold_deny']);
  });

  it('stays within what Slack takes, however much there is to say', () => {
    const long = (letters: number) => 'ü'.repeat(letters);
    const most = heldCall(
      {
        reason: long(5000),
        suggestion: long(5000),
        purpose: { reason: long(1000), ticket: long(64) },
        effect: {
          diff: Array.from({ length: 4000 }, () => long(2000)),
          touches: Array.from({ length: 50 }, () => long(2000)),
          warnings: Array.from({ length: 50 }, () => long(2000)),
          soFar: Array.from({ length: 50 }, () => long(2000)),
        },
      },
      { name: long(5000) },
    );
    const { blocks, text } = renderHoldCard(story(most));
    expect(JSON.stringify(blocks).length).toBeLessThan(13_000);
    expect(text.length).toBeLessThanOrEqual(400);
    const whole = heldCall(effectOf({ diff: Array.from({ length: 44 }, () => 'y'.repeat(100)) }));
    expect(buttons(story(whole))).toStrictEqual(both);
    expect(JSON.stringify(renderHoldCard(story(whole)).blocks).length).toBeLessThan(13_000);
  });
});

describe('the outcome on the card', () => {
  it.each<[string, HoldEvent[], string[], string[]]>([
    [
      'approved',
      [holdApproved(held, alice)],
      ['Approved once by alice@corp.test in Slack', 'The call may pass once, until'],
      ['drawbridge_hold_deny'],
    ],
    [
      'released',
      [holdApproved(held, alice), commandReleased(held)],
      ['Approved and let through', `Let through as command ${held.commandId}`],
      [],
    ],
    [
      'denied',
      [holdDenied(bob, 'not now')],
      ['Denied by bob@corp.test over HTTP', ': not now'],
      [],
    ],
    [
      'taken back',
      [holdApproved(held, alice), holdDenied(bob)],
      ['Approved once by alice', 'Denied by bob'],
      [],
    ],
    [
      'lapsed',
      [{ type: 'HoldLapsed', data: { decideBy: minute(15) } }],
      ['Lapsed, nobody decided in time'],
      [],
    ],
    [
      'expired',
      [holdApproved(held, alice), { type: 'HoldExpired', data: { validUntil: minute(6) } }],
      ['Not used in time'],
      [],
    ],
    [
      'cancelled',
      [{ type: 'HoldCancelled', data: { reason: 'policy_changed' } }],
      ['Cancelled: the policy has changed'],
      [],
    ],
  ])('%s', (status, ...[events, words, left]) => {
    const told = story(held, ...events);
    if (status !== 'taken back') expect(told.status).toBe(status);
    for (const said of words) expect(readable(told)).toContain(said);
    expect(buttons(told)).toStrictEqual(left);
  });
});

describe('text of others', () => {
  const evil =
    '*ok* <!channel> <https://evil.test|click> \u202e\u001b[31m @here\nApproved once by alice';
  const hostile = heldCall(
    {
      reason: evil,
      suggestion: evil,
      purpose: { reason: evil, ticket: evil },
      effect: { diff: [`+${evil}`], touches: [evil], warnings: [evil], soFar: [evil] },
    },
    { name: evil, query: `command=${encodeURIComponent(evil)}`, subresource: 'exec' },
  );

  it('is shown letter by letter, on its own line, and steers nothing', () => {
    const { blocks, text } = renderHoldCard(story(hostile));
    const shown = JSON.stringify(blocks);
    expect(shown).not.toContain('\u202e');
    expect(readable(story(hostile))).not.toContain('\u001b');
    expect(shown).not.toContain('https://evil');
    expect(shown).not.toContain('mrkdwn');
    expect(readable(story(hostile))).not.toMatch(/\n\+?Approved once by/);
    expect(text).not.toMatch(/[<>*@]/);
  });

  it('is as harmless in the dialog', () => {
    const view = denyHoldView(story(hostile), { holdId: idOf(hostile), channel: 'C', ts: '1' });
    const shown = lettersOf(view.blocks);
    for (const harm of ['\u202e', '\u001b', 'https://evil']) expect(shown).not.toContain(harm);
    expect(JSON.stringify(view.blocks)).not.toContain('mrkdwn');
  });
});
