import type { AccessEvent, RequestedRule } from '@drawbridge/contracts';
import { Stops } from '@drawbridge/stops';
import { InMemoryEventStore } from '@drawbridge/testing';
import { expect, it } from 'vitest';
import { at, oncall, policySet, requested } from '../test/story.js';
import type { PolicySet } from './domain/policy-set.js';
import { PolicyCommands } from './policy-commands.js';

const requestId = '018f0000-0000-7000-8000-000000000001';
const rule: RequestedRule = {
  verbs: ['get'],
  apiGroups: [''],
  resources: ['pods'],
  namespaceSelector: { matchLabels: { team: 'payments' } },
};
const inForce = policySet({
  ...oncall,
  rules: [{ ...rule, namespaces: ['*'] }],
  approval: { type: 'none' },
});

/** What becomes of a request by labels when this happens while the gateways look for the second time. */
async function outcomeOf(whileTheyLook: (policies: PolicySet) => PolicySet) {
  const store = new InMemoryEventStore<AccessEvent>();
  let policies = inForce;
  const commands = new PolicyCommands({
    store,
    uses: { load: () => Promise.reject(new Error()) },
    policies: () => policies,
    isDisabled: () => false,
    stops: () => new Stops(),
    history: () => undefined,
    places: { take: () => Promise.reject(new Error()), look: () => Promise.reject(new Error()) },
    names: (_asking, lookup) => {
      if (lookup.among !== undefined) policies = whileTheyLook(policies);
      return Promise.resolve({ names: ['payments'] });
    },
    clock: () => new Date(at),
    logger: { log: () => undefined, error: () => undefined, warn: () => undefined },
  });
  const { position } = await store.load(requestId);
  const actor = { kind: 'agent', id: 'agent' } as const;
  const metadata = { id: 'e1', causationId: 'e1', actor, at };
  const event = requested({ scope: { rules: [rule] } });
  await store.append({ aggregateId: requestId, position, event, metadata });
  await commands.judge({ requestId, causationId: 'e1' });
  const { events } = await store.load(requestId);
  return events.map(({ event: { type } }) => type);
}

it('grants what was looked for twice', async () => {
  const types = await outcomeOf((policies) => policies);
  expect(types).toStrictEqual(['AccessRequested', 'AccessRequestValidated', 'GrantIssued']);
});

it('grants nothing that the policies forbid since the gateways look for it', async () => {
  const types = await outcomeOf((policies) => ({ ...policies, version: 'two', policies: [] }));
  expect(types.at(-1)).toBe('AccessRequestDenied');
});
