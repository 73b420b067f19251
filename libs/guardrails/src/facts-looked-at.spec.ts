import { GuardrailRule } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { factsLookedAt } from './facts-looked-at.js';

const rule = (source: object) =>
  GuardrailRule.parse({ name: 'r', action: 'deny', reason: 'because', ...source });

describe('what a rule looks at', () => {
  it.each<[object, string[]]>([
    [{}, []],
    [{ match: { verbs: ['get'], names: ['db'], agents: { groups: ['a'] } } }, []],
    [{ match: { connections: { names: ['prod'] } } }, []],
    [{ match: { connections: { labels: { tier: 'gold' } } } }, ['connection']],
    [{ match: { agents: { claims: { '/team': ['a'] } }, dryRun: false } }, ['claims', 'dryRun']],
    [{ match: { exec: { programs: ['rm'] } } }, ['query']],
    [{ match: { fieldManagers: ['helm'], contentTypes: ['*json'] } }, ['contentType', 'query']],
    [{ when: 'object.spec.replicas == 0 && grant.ticket == ""' }, ['grant']],
    [{ when: 'agent.claims.team == "a" || request.contentType == ""' }, ['claims', 'contentType']],
    [{ except: [{ match: { grants: { ticket: true } } }] }, ['grant']],
    [{ except: [{ when: 'connection.labels.size() == 0' }] }, ['connection']],
    [{ when: 'grants == 1' }, []],
  ])('%j', (source, expected) => {
    expect([...factsLookedAt(rule(source))].sort()).toEqual(expected);
  });
});
