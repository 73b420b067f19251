import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Explanation, NamesQuestion, type RequestedRule } from '@drawbridge/contracts';
import { EXPLAIN_SUBJECT, NAMES_SUBJECT } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { namesIn, type ClusterOfNames } from './cluster-of-names.js';
import { oncallSpec, PolicyWorld } from './policy-under-test.js';
import { agent, alice, approved, given } from './story.js';

let world: PolicyWorld;
/** What the gateways find. */
let cluster: ClusterOfNames;
let questions: NamesQuestion[];
let closeGateway: () => void = () => undefined;

beforeAll(async () => {
  world = await PolicyWorld.start();
});
beforeEach(async () => {
  cluster = {
    'pay-1': { labels: { team: 'payments' }, pods: ['web-1', 'db-1'] },
    'pay-2': { labels: { team: 'payments' }, pods: ['web-1'] },
    'pay-3': { labels: { team: 'others' }, pods: ['web-1'] },
  };
  questions = [];
  await world.configure(world.policies(spec()));
});
afterEach(async () => {
  closeGateway();
  closeGateway = () => undefined;
  await world.closePolicies();
});
afterAll(async () => {
  await world.stop();
});

const base = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
const spec = (more: object = {}) => ({
  ...oncallSpec,
  actions: [],
  namespaces: ['pay-1', 'pay-2', 'pay-3'],
  rules: [{ ...base, namespaces: ['pay-1', 'pay-2', 'pay-3'] }],
  ...more,
});
const byTeam: RequestedRule = {
  ...base,
  namespaceSelector: { matchLabels: { team: 'payments' } },
};
const scope = { rules: [byTeam] };

/** Plays every gateway there is. */
async function playGateway(say = namesIn): Promise<void> {
  const { nats } = world.connection;
  const subscription = nats.subscribe(NAMES_SUBJECT, {
    queue: 'proxy',
    callback: (_error, message) => {
      const question = NamesQuestion.parse(message.json());
      questions.push(question);
      message.respond(JSON.stringify(say(cluster, question.lookup)));
    },
  });
  await nats.flush();
  closeGateway = () => subscription.unsubscribe();
}

async function validated(more: object = {}): Promise<string> {
  const requestId = await world.ask({ scope, ...more });
  await world.until(requestId, 'AccessRequested', 'AccessRequestValidated');
  return requestId;
}

async function approve(requestId: string): Promise<void> {
  await world.append(requestId, given(alice));
  await world.append(requestId, approved(alice));
}

const grantedRules = async (requestId: string) => {
  await eventually(async () => expect(await world.types(requestId)).toContain('GrantIssued'));
  return (await world.eventOf(requestId, 'GrantIssued')).terms.rules;
};

describe('a request by labels, with two replicas', () => {
  beforeEach(async () => {
    await world.policy();
    await world.policy();
  });

  it('is shown in names and granted in the same', async () => {
    await playGateway();
    const requestId = await validated();
    const { terms, resolved, cuts } = await world.eventOf(requestId, 'AccessRequestValidated');
    expect(terms.rules).toStrictEqual([{ ...base, namespaces: ['pay-1', 'pay-2'] }]);
    expect(resolved).toStrictEqual([
      { field: 'namespaces', asked: 'team=payments', names: ['pay-1', 'pay-2'] },
    ]);
    expect(cuts).toStrictEqual([]);
    const before = questions.length;
    await approve(requestId);
    expect(await grantedRules(requestId)).toStrictEqual(terms.rules);
    // The second look is at what was shown, and at nothing else.
    expect(questions[before]?.lookup).toMatchObject({ among: ['pay-1', 'pay-2'] });
    expect(questions[0]).toStrictEqual({
      connection: 'prod-eks',
      lookup: { type: 'namespaces', matchLabels: { team: 'payments' } },
    });
  });

  it('is granted without what left meanwhile, and never with what joined', async () => {
    await playGateway();
    const requestId = await validated();
    // The agent may change labels: one more namespace, and one less.
    cluster = {
      ...cluster,
      'pay-1': { labels: { team: 'others' } },
      'pay-3': { labels: { team: 'payments' } },
    };
    await approve(requestId);
    expect(await grantedRules(requestId)).toStrictEqual([{ ...base, namespaces: ['pay-2'] }]);
  });

  it('is denied when all that was shown is gone', async () => {
    await playGateway();
    const requestId = await validated();
    cluster = { 'pay-3': { labels: { team: 'payments' } } };
    await approve(requestId);
    await eventually(async () =>
      expect(await world.types(requestId)).toContain('AccessRequestDenied'),
    );
    expect(await world.eventOf(requestId, 'AccessRequestDenied')).toMatchObject({
      code: 'selector_empty',
    });
  });

  it('is denied when no gateway answers, and ends', async () => {
    const requestId = await world.ask({ scope });
    await world.until(requestId, 'AccessRequested', 'AccessRequestDenied');
    expect(await world.eventOf(requestId, 'AccessRequestDenied')).toMatchObject({
      code: 'selector_unresolvable',
    });
    // Others are judged meanwhile, and afterwards.
    await playGateway();
    await validated();
  });

  it('is denied when no gateway answers the second time', async () => {
    await playGateway();
    const requestId = await validated();
    closeGateway();
    await approve(requestId);
    await eventually(async () =>
      expect(await world.types(requestId)).toContain('AccessRequestDenied'),
    );
    expect(await world.eventOf(requestId, 'AccessRequestDenied')).toMatchObject({
      code: 'selector_unresolvable',
    });
  });

  it('is not believed to be what a gateway makes up', async () => {
    await playGateway(() => ({ names: ['*', 'pay-1', '../pay-2', 'kube-system'] }));
    const requestId = await world.ask({ scope });
    await world.until(requestId, 'AccessRequested', 'AccessRequestDenied');
    // A name that is none makes the whole answer unreadable.
    expect(await world.eventOf(requestId, 'AccessRequestDenied')).toMatchObject({
      code: 'selector_unresolvable',
    });
    closeGateway();
    await playGateway(() => ({ names: ['pay-1', 'kube-system'] }));
    const second = await world.ask({ scope });
    await world.until(second, 'AccessRequested', 'AccessRequestDenied');
    const denied = await world.eventOf(second, 'AccessRequestDenied');
    expect(denied).toMatchObject({ code: 'namespace_not_allowed' });
    expect(JSON.stringify(denied)).not.toContain('kube-system');
  });

  it('has one grant, and one second look that counts, when both replicas issue at once', async () => {
    await playGateway();
    const requestIds = await Promise.all(Array.from({ length: 20 }, () => world.ask({ scope })));
    await eventually(
      async () => {
        for (const id of requestIds) {
          expect(await world.types(id)).toContain('AccessRequestValidated');
        }
      },
      { timeoutMs: 60_000 },
    );
    cluster = { ...cluster, 'pay-1': { labels: { team: 'others' } } };
    await Promise.all(requestIds.map(approve));
    for (const id of requestIds) {
      expect(await grantedRules(id)).toStrictEqual([{ ...base, namespaces: ['pay-2'] }]);
    }
    await world.settled();
    for (const id of requestIds) {
      const types = await world.types(id);
      expect(types.filter((type) => type === 'GrantIssued')).toHaveLength(1);
    }
  });
});

describe('a request by labels', () => {
  it('needs no human where a policy needs none, and is looked at twice all the same', async () => {
    await world.configure(world.policies(spec({ approval: { type: 'none' } })));
    await world.policy();
    await playGateway();
    const requestId = await world.ask({ scope });
    expect(await grantedRules(requestId)).toStrictEqual([
      { ...base, namespaces: ['pay-1', 'pay-2'] },
    ]);
    expect(questions.length).toBeGreaterThanOrEqual(2);
  });

  it('is explained as it would be judged, by names', async () => {
    await world.policy();
    await playGateway();
    const request = {
      ...{ connection: 'prod-eks', durationSeconds: 300, ticket: 'INC-1' },
      reason: 'readiness probe failing',
      scope: { rules: [{ ...byTeam, resourceNamePatterns: ['web-*'] }] },
    };
    const question = JSON.stringify({ requester: agent, request });
    const { nats } = world.connection;
    const answer = await nats.request(EXPLAIN_SUBJECT, question, { timeout: 20_000 });
    expect(Explanation.parse(answer.json())).toMatchObject({
      verdict: 'validated',
      terms: { rules: [{ namespaces: ['pay-1', 'pay-2'], resourceNames: ['web-1'] }] },
      resolved: [
        { field: 'namespaces', names: ['pay-1', 'pay-2'] },
        { field: 'resourceNames', namespace: 'pay-1', asked: 'web-*', names: ['web-1'] },
        { field: 'resourceNames', namespace: 'pay-2', asked: 'web-*', names: ['web-1'] },
      ],
    });
  });

  it('makes no gateway look for who is covered by no policy', async () => {
    await world.policy();
    await playGateway();
    const requestId = await world.ask({ scope, connection: 'elsewhere' });
    await world.until(requestId, 'AccessRequested', 'AccessRequestDenied');
    expect(questions).toStrictEqual([]);
  });

  it('stays granted when policies change and still allow its names, and ends when they do not', async () => {
    await world.policy();
    await playGateway();
    const requestId = await validated();
    await approve(requestId);
    await grantedRules(requestId);
    const asked = questions.length;
    await world.configure(world.policies(spec({ maxDurationSeconds: 901 })));
    // Until the new policies are in force.
    await eventually(async () => {
      const other = await world.ask({ scope, durationSeconds: 901 });
      await eventually(async () => expect(await world.types(other)).toHaveLength(2));
      expect(await world.types(other)).toContain('AccessRequestValidated');
    });
    expect(await world.types(requestId)).not.toContain('GrantRevoked');
    await world.configure(
      world.policies(spec({ namespaces: ['pay-1'], rules: [{ ...base, namespaces: ['pay-1'] }] })),
    );
    await eventually(async () => expect(await world.types(requestId)).toContain('GrantRevoked'));
    // Of the first request nothing was looked up again.
    expect(questions.slice(asked).some(({ lookup }) => lookup.among !== undefined)).toBe(false);
  });
});
