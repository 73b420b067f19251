import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '@drawbridge/configuration';
import { agent, request } from '../test/story.js';
import { compilePolicies } from './compile-policies.js';
import { judge } from './domain/judge.js';

const shipped = async () =>
  compilePolicies(
    await loadConfiguration(fileURLToPath(new URL('../../../infra/config', import.meta.url))),
  );

describe('the shipped example', () => {
  it('is asked in the order of names and knows its version', async () => {
    const set = await shipped();
    expect(set.policies.map(({ name }) => name)).toStrictEqual([
      'people-oncall',
      'production-oncall',
      'readers',
      'wide-oncall',
    ]);
    expect(set.version).toMatch(/^[0-9a-f]{12}$/);
    expect(set.connections).toStrictEqual([{ name: 'prod-eks', environment: 'production' }]);
  });

  it('allows the story: a restart, for an incident, once a human agrees who is not the owner', async () => {
    expect(judge({ request, requester: agent }, await shipped())).toMatchObject({
      validated: {
        policy: { name: 'production-oncall' },
        terms: {
          durationSeconds: 900,
          rules: [{ verbs: ['get', 'list', 'watch', 'patch'], resourceNames: ['checkout'] }],
        },
        cuts: [],
        approval: { type: 'humans', count: 1, groups: ['sre-oncall'], excludeOwner: true },
        risk: { level: 'medium' },
      },
    });
  });

  it.each([
    [
      'an hour, which is cut',
      { durationSeconds: 3600 },
      { validated: { terms: { durationSeconds: 900 } } },
    ],
    ['another ticket', { ticket: 'JIRA-1' }, { denial: { code: 'ticket_not_accepted' } }],
    ['a short reason', { reason: 'because' }, { denial: { code: 'reason_too_short' } }],
    [
      'another namespace',
      {
        scope: { action: 'rollout-restart', parameters: { namespace: 'default', deployment: 'x' } },
      },
      { denial: { code: 'namespace_not_allowed' } },
    ],
    [
      'looking around, which needs nobody',
      { scope: { action: 'view', parameters: { namespace: 'payments' } }, durationSeconds: 600 },
      {
        validated: {
          policy: { name: 'readers' },
          approval: { type: 'none' },
          risk: { level: 'low' },
        },
      },
    ],
  ])('judges %s', async (_what, ask, verdict) => {
    const plea = { request: { ...request, ...ask }, requester: agent };
    expect(judge(plea, await shipped())).toMatchObject(verdict);
  });

  it('lets readers read and nothing else', async () => {
    const reader = { ...agent, subject: 'agent-reader', groups: ['readers'] };
    const set = await shipped();
    expect(judge({ request, requester: reader }, set)).toMatchObject({
      denial: {
        code: 'action_not_allowed',
        suggestion: 'Ask for action "one-pod-logs", "read-logs" or "view".',
      },
    });
    for (const action of ['view', 'read-logs']) {
      const scope = { action, parameters: { namespace: 'payments' } };
      const verdict = judge({ request: { ...request, scope }, requester: reader }, set);
      expect(verdict).toMatchObject({ validated: { terms: { durationSeconds: 600 } } });
      expect(JSON.stringify(verdict)).not.toMatch(/secret|configmap|exec/);
    }
  });
});
