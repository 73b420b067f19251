import { describe, expect, it } from 'vitest';
import { agent, alice, humansOf, recordedAll, terms, validated } from '../../test/sample-events.js';
import { tellStory } from '../domain/request-story.js';
import { confirmPage } from './pages.js';

describe('the page on which an access is approved', () => {
  it('shows the exact rules whole, however long their lists are', () => {
    const names = Array.from({ length: 99 }, (_, index) => `${index}-${'x'.repeat(240)}`);
    const [rule] = terms.rules;
    if (rule === undefined) throw new Error('no rule');
    const rules = [{ ...rule, resourceNames: [...names, 'the-last-of-all'] }];
    const story = tellStory(recordedAll([validated(humansOf(1), agent, { rules })]));
    if (story === undefined) throw new Error('no story');
    const page = confirmPage({ story, approver: alice, sealed: 'sealed' });
    const exact = /<pre>([^<]*)<\/pre>/.exec(page)?.[1] ?? '';
    expect(exact).toContain('the-last-of-all');
  });

  it('says how often it may be used, and that it is bound to a key', () => {
    const keyThumbprint = 'k'.repeat(43);
    const changed = { limits: { maxChanges: 1, endWhenUsedUp: true as const }, keyThumbprint };
    const story = tellStory(recordedAll([validated(humansOf(1), agent, changed)]));
    if (story === undefined) throw new Error('no story');
    const page = confirmPage({ story, approver: alice, sealed: 'sealed' });
    expect(page).toContain('at most 1 change, and ends behind the last one');
    expect(page).toContain(keyThumbprint);
  });
});
