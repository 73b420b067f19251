import { describe, expect, it } from 'vitest';
import type { AutoApproveRule } from '@drawbridge/contracts';
import { agent, oncall, policySet, request } from '../../test/story.js';
import { askedTickets } from './asked-tickets.js';

const rule = (webhook: string, actions = ['rollout-restart']): AutoApproveRule => ({
  name: `by-${webhook}`,
  actions,
  when: { ticket: { webhook, states: ['Done'] } },
});
const asked = (autoApprove: readonly AutoApproveRule[], more: Partial<typeof request> = {}) =>
  askedTickets(
    { request: { ...request, ...more }, requester: agent },
    policySet({ ...oncall, autoApprove }),
  );

describe('ticket systems that are asked about a request', () => {
  it('are those of rules for its action, each once', () =>
    expect(
      asked([rule('jira'), rule('snow'), rule('jira'), rule('other', ['view'])]),
    ).toStrictEqual(['jira', 'snow']));

  it('are at most five', () =>
    expect(asked(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => rule(name)))).toHaveLength(5));

  it('are none without a ticket, for rules, for another connection and for a stranger', () => {
    const { connection, scope, durationSeconds, reason } = request;
    const without = { connection, scope, durationSeconds, reason };
    const set = policySet({ ...oncall, autoApprove: [rule('jira')] });
    expect(askedTickets({ request: without, requester: agent }, set)).toStrictEqual([]);
    const rules = [
      { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['payments'] },
    ];
    expect(asked([rule('jira')], { scope: { rules } })).toStrictEqual([]);
    expect(asked([rule('jira')], { connection: 'elsewhere' })).toStrictEqual([]);
    const stranger = { ...agent, groups: ['others'] };
    expect(askedTickets({ request, requester: stranger }, set)).toStrictEqual([]);
  });
});
