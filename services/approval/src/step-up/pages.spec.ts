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
});
