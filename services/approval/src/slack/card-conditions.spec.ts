import { describe, expect, it } from 'vitest';
import { messageProblems } from '@drawbridge/embedded';
import type { AccessEventData } from '@drawbridge/contracts';
import { approvalRequested, recordedAll, validated } from '../../test/sample-events.js';
import { tellStory } from '../domain/request-story.js';
import { renderCard } from './card.js';

/** The letters of a card whose validation said more than the sample. */
function read(more: Partial<AccessEventData<'AccessRequestValidated'>>): string {
  const event = validated();
  if (event.type !== 'AccessRequestValidated') throw new Error('another sample');
  const said = { ...event, data: { ...event.data, ...more } };
  const story = tellStory(recordedAll([said, approvalRequested()]));
  if (story === undefined) throw new Error('no story');
  const card = renderCard(story);
  expect(messageProblems(card)).toStrictEqual([]);
  const letters: string[] = [];
  JSON.stringify(card.blocks, (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') letters.push(value);
    return value;
  });
  return letters.join('');
}
const fact = (condition: string, isMet = false) => ({
  rule: 'small-restarts',
  condition,
  wanted: 'mon-fri 09:00-17:00',
  found: '<!channel>',
  isMet,
});

describe('what a card says of conditions', () => {
  it('names those that were not met, three at the most, as text', () => {
    const facts = ['time', 'risk', 'rate', 'duration'].map((name) => fact(name));
    const card = read({ facts: [fact('environment', true), ...facts] });
    expect(card).toContain(
      'Not automatic: time: <!channel> (wanted: mon-fri 09:00-17:00); risk: <!channel> (wanted: mon-fri 09:00-17:00); rate: <!channel> (wanted: mon-fri 09:00-17:00); 1 more',
    );
    expect(card).not.toContain('environment: ');
  });

  it('says nothing where all were met, or there are none', () => {
    expect(read({ facts: [fact('environment', true)] })).not.toContain('Not automatic');
    expect(read({})).not.toMatch(/Not automatic|Instead/);
  });

  it('says what would need nobody', () => {
    const words = 'narrow it to namespace payments, and it needs no human';
    const alternative = { words, scope: { action: 'view', parameters: {} }, durationSeconds: 600 };
    expect(read({ alternative })).toContain(`Instead: ${words}`);
  });
});

describe('what a card says of risk', () => {
  it('has the score, and the most telling of its reasons first', () => {
    const factors = ['a', 'b', 'c', 'd'].map((reason, index) => ({
      points: index * 10,
      reason,
      by: 'rule' as const,
    }));
    const reasons = factors.map(({ reason }) => reason);
    const card = read({ risk: { level: 'medium', score: 45, reasons, factors } });
    expect(card).toContain('Risk:  medium, 45 of 100 (d; c; b; 1 more)');
  });
});
