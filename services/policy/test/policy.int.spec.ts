import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessEvent } from '@drawbridge/contracts';
import { accessEventStore, useEventStore } from '@drawbridge/jetstream';
import type { RunningService } from '@drawbridge/runtime';
import { Stops } from '@drawbridge/stops';
import { eventually } from '@drawbridge/testing';
import { compilePolicies } from '../src/compile-policies.js';
import { PolicyCommands } from '../src/policy-commands.js';
import { loadConfiguration } from '@drawbridge/configuration';
import { oncallSpec, PolicyWorld, viewScope } from './policy-under-test.js';
import {
  agent,
  alice,
  approved,
  bob,
  carol,
  dana,
  given,
  issued,
  requested,
  validated,
  voidedOf,
  withdrawn,
} from './story.js';

let world: PolicyWorld;

beforeAll(async () => {
  world = await PolicyWorld.start();
});
beforeEach(async () => {
  await world.configure();
  world.logged.length = 0;
});
afterEach(async () => {
  await world.closePolicies();
});
afterAll(async () => {
  await world.stop();
});

const approve = async (requestId: string) => {
  await world.append(requestId, given(alice));
  await world.append(requestId, approved(alice));
};
const story = [
  'AccessRequested',
  'AccessRequestValidated',
  'ApprovalGiven',
  'AccessRequestApproved',
  'GrantIssued',
] as const;
const readyOf = async ({ addresses }: RunningService) => {
  const response = await fetch(`${addresses['http']}/readyz`);
  const { checks } = (await response.json()) as { checks: object };
  return { status: response.status, checks };
};

describe('a request', () => {
  it('is validated, granted once approved, and expires', async () => {
    const policy = await world.policy();
    const requestId = await world.ask();
    await world.until(requestId, 'AccessRequested', 'AccessRequestValidated');
    expect(await world.eventOf(requestId, 'AccessRequestValidated')).toMatchObject({
      policy: { name: 'production-oncall' },
      requester: agent,
      terms: { rules: [{ namespaces: ['payments'], resourceNames: ['checkout'] }] },
      approval: { type: 'humans', count: 1, excludeOwner: true },
    });
    const before = Date.now();
    await approve(requestId);
    await world.until(requestId, ...story);
    const grant = await world.eventOf(requestId, 'GrantIssued');
    expect(grant).toMatchObject({ grantee: agent, approvers: [alice] });
    expect(Date.parse(grant.startsAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(grant.endsAt) - Date.parse(grant.startsAt)).toBe(900_000);
    await policy.close();
    await world.policy({ clock: () => new Date(Date.now() + 900_000) });
    await world.until(requestId, ...story, 'GrantExpired');
    expect(await world.eventOf(requestId, 'GrantExpired')).toStrictEqual({
      grantId: grant.grantId,
      endsAt: grant.endsAt,
    });
  });

  it('ends although policy was away when it was made, and although approval never asks', async () => {
    const late = await world.ask();
    const policy = await world.policy({ clock: () => new Date(Date.now() + 600_000) });
    await world.until(late, 'AccessRequested', 'AccessRequestDenied');
    expect(await world.eventOf(late, 'AccessRequestDenied')).toMatchObject({
      code: 'judged_too_late',
    });
    await policy.close();
    const first = await world.policy();
    const unasked = await world.ask();
    await world.until(unasked, 'AccessRequested', 'AccessRequestValidated');
    await first.close();
    // The time of the humans, which is half an hour, and a minute.
    const clock = () => new Date(Date.now() + 1_860_000);
    await Promise.all([world.policy({ clock }), world.policy({ clock })]);
    await world.until(unasked, 'AccessRequested', 'AccessRequestValidated', 'AccessRequestDenied');
    expect(await world.eventOf(unasked, 'AccessRequestDenied')).toMatchObject({
      code: 'approval_unavailable',
    });
  });

  describe('that is asked in steps', () => {
    const approval = {
      type: 'steps',
      steps: [
        { name: 'on-call', groups: ['sre-oncall'] },
        { name: 'lead', groups: ['sre-leads'] },
      ],
    };
    const validatedInSteps = async () => {
      await world.configure(world.policies({ ...oncallSpec, approval }));
      await world.policy();
      const requestId = await world.ask();
      await world.until(requestId, 'AccessRequested', 'AccessRequestValidated');
      return requestId;
    };
    const [first, second] = [
      given(alice, { seen: 0, step: 'on-call' }),
      given(carol, { seen: 0, step: 'lead' }),
    ];

    it('is granted when all of them were taken, for the time that was left', async () => {
      const requestId = await validatedInSteps();
      expect(await world.eventOf(requestId, 'AccessRequestValidated')).toMatchObject({
        approval: {
          type: 'steps',
          order: 'sequential',
          steps: [{ type: 'humans', name: 'on-call', count: 1 }, { name: 'lead' }],
          denyThreshold: 1,
          excludeOwner: true,
          timeoutSeconds: 1800,
        },
      });
      const narrow = { durationSeconds: 60 };
      await world.append(requestId, given(alice, { seen: 0, step: 'on-call', narrow }));
      await world.append(requestId, given(carol, { seen: 1, step: 'lead' }));
      await world.append(requestId, approved(alice, carol));
      await world.settled();
      const grant = await world.eventOf(requestId, 'GrantIssued');
      expect(grant).toMatchObject({ terms: narrow, approvers: [alice, carol] });
      expect(Date.parse(grant.endsAt) - Date.parse(grant.startsAt)).toBe(60_000);
    });

    it('is denied when its approval is forged', async () => {
      const requestId = await validatedInSteps();
      await world.append(requestId, first);
      await world.append(requestId, approved(alice, carol));
      await world.settled();
      expect(await world.eventOf(requestId, 'AccessRequestDenied')).toMatchObject({
        code: 'approval_incomplete',
      });
    });

    it('has no grant when a yes is taken back between the approval and the grant', async () => {
      const requestId = await validatedInSteps();
      await world.closePolicies();
      for (const event of [first, second, approved(alice, carol), voidedOf(alice)])
        await world.append(requestId, event);
      await world.policy();
      await eventually(async () =>
        expect(await world.types(requestId)).toContain('AccessRequestDenied'),
      );
      expect(await world.eventOf(requestId, 'AccessRequestDenied')).toMatchObject({
        code: 'approval_incomplete',
        message: expect.stringContaining('taken back') as string,
      });
      expect(await world.types(requestId)).not.toContain('GrantIssued');
    });
  });

  it('is granted at once where nobody has to approve', async () => {
    await world.policy();
    const requestId = await world.ask({ scope: viewScope });
    await world.until(requestId, 'AccessRequested', 'AccessRequestValidated', 'GrantIssued');
    const [asked, judged, grant] = await world.history(requestId);
    expect(judged).toMatchObject({
      causationId: asked?.id,
      actor: { kind: 'service', id: 'policy' },
    });
    expect(grant).toMatchObject({ causationId: judged?.id });
  });

  it('is denied with what to ask for instead, and never reaches a grant', async () => {
    await world.policy();
    const requestId = await world.ask({ ticket: 'nope' });
    await world.until(requestId, 'AccessRequested', 'AccessRequestDenied');
    expect(await world.eventOf(requestId, 'AccessRequestDenied')).toMatchObject({
      policy: { name: 'production-oncall' },
      code: 'ticket_not_accepted',
      suggestion: 'Name a ticket that matches ^INC-\\d+$.',
    });
    await approve(requestId);
    await world.settled();
    expect(await world.types(requestId)).not.toContain('GrantIssued');
  });

  it('that is withdrawn is not granted, and a grant is taken back', async () => {
    await world.policy();
    const withdrawnEarly = await world.ask();
    await world.until(withdrawnEarly, 'AccessRequested', 'AccessRequestValidated');
    await world.append(withdrawnEarly, withdrawn);
    await approve(withdrawnEarly);
    const granted = await world.ask({ scope: viewScope });
    await world.until(granted, 'AccessRequested', 'AccessRequestValidated', 'GrantIssued');
    await world.append(granted, withdrawn);
    await eventually(async () => expect(await world.types(granted)).toContain('GrantRevoked'));
    await world.settled();
    expect(await world.types(withdrawnEarly)).not.toContain('GrantIssued');
  });

  it('is not granted on the word of the approval service alone', async () => {
    await world.policy();
    const requestId = await world.ask();
    await world.until(requestId, 'AccessRequested', 'AccessRequestValidated');
    await world.append(requestId, given(dana));
    await world.append(requestId, approved(alice, bob));
    await eventually(async () =>
      expect(await world.eventOf(requestId, 'AccessRequestDenied')).toMatchObject({
        code: 'approval_incomplete',
      }),
    );
    expect(await world.types(requestId)).not.toContain('GrantIssued');
  });
});

describe('a grant', () => {
  const short = async (lastsMs: number) => {
    const requestId = await world.ask();
    await world.append(requestId, validated());
    await approve(requestId);
    const now = Date.now();
    const endsAt = new Date(now + lastsMs).toISOString();
    await world.append(requestId, issued({ startsAt: new Date(now).toISOString(), endsAt }));
    return { requestId, endsAt };
  };

  it('is recorded as expired when its time has come, not before', async () => {
    const { endsAt, requestId } = await short(2_000);
    await world.policy();
    await eventually(async () => expect(await world.types(requestId)).toContain('GrantExpired'));
    const expired = (await world.history(requestId)).at(-1);
    expect(Date.parse(expired?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(endsAt));
  });

  it('whose agent has left its groups is taken back, by a token that is younger only', async () => {
    await world.policy();
    const requestId = await world.ask({ scope: viewScope });
    await eventually(async () => expect(await world.types(requestId)).toContain('GrantIssued'));
    const { grantId } = await world.eventOf(requestId, 'GrantIssued');
    const lose = async (id: string, tokenIssuedAt: string) =>
      world.use({
        type: 'GrantGroupLost',
        data: { grantId: id, accessRequestId: requestId, commandId: randomUUID(), tokenIssuedAt },
      });
    await lose(randomUUID(), new Date(0).toISOString());
    await lose(grantId, new Date(Date.now() + 60_000).toISOString());
    await eventually(async () =>
      expect(await world.eventOf(requestId, 'GrantRevoked')).toMatchObject({
        cause: 'group_lost',
      }),
    );
  });

  it('that is used up ends when the last of its calls is over, and at the start too', async () => {
    const limits = { maxCalls: 2 };
    const used = async () => {
      const requestId = await world.ask({ scope: viewScope, limits });
      await eventually(async () => expect(await world.types(requestId)).toContain('GrantIssued'));
      const { grantId } = await world.eventOf(requestId, 'GrantIssued');
      const of = (commandId: string) => ({ grantId, accessRequestId: requestId, commandId });
      return { requestId, of };
    };
    const [one, other] = [randomUUID(), randomUUID()];
    const policy = await world.policy();
    const { requestId, of } = await used();
    await world.use({ type: 'CallCounted', data: { ...of(one), isChange: false } });
    await world.use({ type: 'CallFinished', data: of(one) });
    await world.use({ type: 'CallCounted', data: { ...of(other), isChange: false } });
    await policy.close();
    expect(await world.types(requestId)).not.toContain('GrantEnded');
    await world.use({ type: 'CallFinished', data: of(other) });
    await world.policy();
    await eventually(async () =>
      expect(await world.eventOf(requestId, 'GrantEnded')).toMatchObject({ cause: 'used_up' }),
    );
  });

  it('that ended while nobody was there expires at the start', async () => {
    const { requestId } = await short(-60_000);
    await world.policy();
    await eventually(async () => expect(await world.types(requestId)).toContain('GrantExpired'));
  });

  it('expires though another one cannot be read', async () => {
    const broken = randomUUID();
    await world.append(broken, issued({ endsAt: new Date(0).toISOString() }));
    await world.connection.jetstream.publish(`drawbridge.access.${broken}`, '{"not":"an event"}');
    const { requestId } = await short(-1_000);
    await world.policy();
    await eventually(async () => expect(await world.types(requestId)).toContain('GrantExpired'));
    expect(JSON.stringify(world.logged)).toContain('event passed over: unreadable');
  });
});

describe('a replica whose clock is wrong', () => {
  it('is not ready and grants nothing, while the other one goes on; what ends a grant it records', async () => {
    const requestId = await world.ask({ scope: viewScope });
    const seconds = 3;
    const ahead = await world.policy(
      { clock: () => new Date(Date.now() + seconds * 1_000) },
      // What answers take on a slow machine counts in its favour; 3 s are certainly more than this.
      1_000,
    );
    await eventually(async () =>
      expect(await readyOf(ahead)).toMatchObject({ status: 503, checks: { clock: false } }),
    );
    await eventually(() =>
      expect(world.logged).toContainEqual(expect.objectContaining({ code: 'clock_skewed' })),
    );
    expect(await world.types(requestId)).toStrictEqual(['AccessRequested']);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ msg: 'clock differs too much from the one of NATS' }),
    );
    const right = await world.policy({}, 20_000);
    await eventually(async () =>
      expect(await readyOf(right)).toMatchObject({ status: 200, checks: { clock: true } }),
    );
    const granted = ['AccessRequested', 'AccessRequestValidated', 'GrantIssued'] as const;
    await eventually(async () => expect(await world.types(requestId)).toStrictEqual(granted), {
      timeoutMs: 90_000,
    });
    await right.close();
    await world.append(requestId, withdrawn);
    await eventually(async () => expect(await world.types(requestId)).toContain('GrantRevoked'), {
      timeoutMs: 90_000,
    });
  });
});

describe('delivery', () => {
  it('of every event once more changes nothing', async () => {
    const first = await world.policy();
    const requestIds = await Promise.all([
      world.ask({ scope: viewScope }),
      world.ask({ ticket: 'nope' }),
      world.ask(),
    ]);
    await eventually(async () => {
      for (const requestId of requestIds)
        expect((await world.types(requestId)).length).toBeGreaterThan(1);
    });
    await world.settled();
    await first.close();
    const before = await Promise.all(requestIds.map((requestId) => world.history(requestId)));
    await world.connection.manager.consumers.delete('ACCESS', 'policy');
    await world.policy();
    await world.settled();
    const after = await Promise.all(requestIds.map((requestId) => world.history(requestId)));
    expect(after).toStrictEqual(before);
  });

  it('to several replicas makes one of each event', async () => {
    const replicas = await Promise.all([world.policy(), world.policy(), world.policy()]);
    const requestIds = await Promise.all(
      Array.from({ length: 30 }, () => world.ask({ scope: viewScope })),
    );
    for (const requestId of requestIds) {
      await world.until(requestId, 'AccessRequested', 'AccessRequestValidated', 'GrantIssued');
    }
    await Promise.all(replicas.map((replica) => replica.close()));
    const clock = () => new Date(Date.now() + 900_000);
    await Promise.all([world.policy({ clock }), world.policy({ clock }), world.policy({ clock })]);
    for (const requestId of requestIds) {
      await eventually(async () => expect(await world.types(requestId)).toContain('GrantExpired'));
    }
    await world.closePolicies();
    for (const requestId of requestIds) {
      expect(await world.types(requestId)).toStrictEqual([
        'AccessRequested',
        'AccessRequestValidated',
        'GrantIssued',
        'GrantExpired',
      ]);
    }
  });

  it('of one event to many at the same moment makes one event and one grant', async () => {
    const set = compilePolicies(
      await loadConfiguration(world.directory, { only: ['Action', 'Connection', 'Policy'] }),
    );
    const replicas = Array.from(
      { length: 6 },
      () =>
        new PolicyCommands({
          store: accessEventStore(world.connection, 'policy'),
          uses: useEventStore(world.connection, 'policy'),
          policies: () => set,
          isDisabled: () => false,
          stops: () => new Stops(),
          history: () => undefined,
          places: {
            take: () => Promise.resolve('unknown'),
            look: () => Promise.resolve('unknown'),
          },
          names: () => Promise.resolve({ refusal: 'unavailable' }),
          clock: () => new Date(),
          logger: { log: () => undefined, warn: () => undefined, error: () => undefined },
        }),
    );
    const requestId = await world.ask({ scope: viewScope });
    const occasion = { requestId, causationId: 'test' };
    await Promise.all(replicas.map((replica) => replica.judge(occasion)));
    await Promise.all(replicas.map((replica) => replica.issue(occasion)));
    await world.append(requestId, withdrawn);
    await Promise.all(replicas.map((replica) => replica.takeBack(occasion)));
    await Promise.all(replicas.map((replica) => replica.issue(occasion)));
    expect(await world.types(requestId)).toStrictEqual([
      'AccessRequested',
      'AccessRequestValidated',
      'GrantIssued',
      'AccessRequestWithdrawn',
      'GrantRevoked',
    ]);
  });

  it('goes on after the NATS server was killed', async () => {
    const policy = await world.policy();
    const before = await world.ask();
    await world.until(before, 'AccessRequested', 'AccessRequestValidated');
    await world.nats.kill();
    await eventually(async () => expect((await readyOf(policy)).status).toBe(503));
    await world.nats.restart();
    await approve(before);
    await world.until(before, ...story);
    await eventually(async () => expect((await readyOf(policy)).status).toBe(200));
  });
});

describe('messages that are no events', () => {
  it('are parked and counted, and hold up nobody', async () => {
    const policy = await world.policy();
    const { scope, ...rest } = requested().data.request;
    const foreign = [
      '',
      'null',
      '[]',
      '{"type":"AccessRequested"}',
      'x'.repeat(10_000),
      '{"__proto__":{"type":"AccessRequested"}}',
    ];
    const envelope = (data: object) =>
      JSON.stringify({
        id: randomUUID(),
        type: 'AccessRequested',
        schemaVersion: 1,
        causationId: 'test',
        actor: { kind: 'service', id: 'identity' },
        at: new Date().toISOString(),
        previousHash: null,
        data,
      });
    const forged = [
      envelope({ requester: agent, request: { ...rest, scope: { rules: [] } }, digest: 'x' }),
      envelope({ requester: { ...agent, kind: 'admin' }, request: { ...rest, scope }, digest: '' }),
    ];
    for (const text of [...foreign, ...forged]) {
      await world.connection.jetstream.publish(`drawbridge.access.${randomUUID()}`, text);
    }
    const requestId = await world.ask({ scope: viewScope });
    await world.until(requestId, 'AccessRequested', 'AccessRequestValidated', 'GrantIssued');
    await eventually(async () => {
      const response = await fetch(`${policy.addresses['http']}/readyz`);
      const { figures } = (await response.json()) as { figures: { parkedEvents: number } };
      expect(figures.parkedEvents).toBeGreaterThanOrEqual(foreign.length + forged.length);
    });
    await eventually(async () => expect((await readyOf(policy)).status).toBe(200));
  });
});

describe('the policies', () => {
  it('come into force without a restart, and a mistake in them does not', async () => {
    const policy = await world.policy();
    await eventually(async () =>
      expect(await readyOf(policy)).toMatchObject({
        status: 200,
        checks: { configuration: true },
      }),
    );

    await writeFile(join(world.directory, 'policies.yaml'), 'kind: Policy\nspec: {}\n');
    await eventually(async () =>
      expect(await readyOf(policy)).toMatchObject({
        status: 503,
        checks: { configuration: false, nats: true, events: true, grants: true },
      }),
    );
    expect(JSON.stringify(world.logged)).toContain('policies.yaml:1:1 apiVersion: expected');
    const underTheOld = await world.ask();
    await world.until(underTheOld, 'AccessRequested', 'AccessRequestValidated');

    await world.configure(world.policies({ ...oncallSpec, maxDurationSeconds: 600 }));
    await eventually(async () => expect((await readyOf(policy)).status).toBe(200));
    const underTheNew = await world.ask();
    await world.until(underTheNew, 'AccessRequested', 'AccessRequestDenied');
    await approve(underTheOld);
    await eventually(async () =>
      expect(await world.eventOf(underTheOld, 'AccessRequestDenied')).toMatchObject({
        code: 'policy_changed',
        message: expect.stringContaining('allows at most 600 s') as string,
      }),
    );
  });

  it('take a grant back when they no longer allow it, at the start too', async () => {
    const policy = await world.policy();
    const [kept, lost, lostLater] = await Promise.all([
      world.ask({ scope: viewScope }),
      world.ask(),
      world.ask(),
    ]);
    for (const requestId of [lost, lostLater]) {
      await world.until(requestId, 'AccessRequested', 'AccessRequestValidated');
      await approve(requestId);
      await world.until(requestId, ...story);
    }
    await world.until(kept, 'AccessRequested', 'AccessRequestValidated', 'GrantIssued');
    await policy.close();
    await world.configure(world.policies({ ...oncallSpec, maxDurationSeconds: 600 }));
    await world.policy();
    for (const requestId of [lost, lostLater]) {
      await eventually(async () =>
        expect(await world.eventOf(requestId, 'GrantRevoked')).toMatchObject({
          reason:
            'the policies changed: policy "production-oncall" allows at most 600 s, not 900 s',
        }),
      );
    }
    expect(await world.types(kept)).not.toContain('GrantRevoked');
    const nothing = { ...oncallSpec, actions: ['view'] };
    await world.configure(world.policies(nothing).replace('name: readers', 'name: others'));
    await eventually(async () => expect(await world.types(kept)).toContain('GrantRevoked'));
  });

  it('take back a grant that comes from a replica where those before are in force still', async () => {
    await world.policy();
    const requestId = await world.ask();
    await world.until(requestId, 'AccessRequested', 'AccessRequestValidated');
    const { policy } = await world.eventOf(requestId, 'AccessRequestValidated');
    await world.configure(world.policies({ ...oncallSpec, maxDurationSeconds: 600 }));
    await eventually(async () => {
      const other = await world.ask();
      await eventually(async () => expect(await world.types(other)).toHaveLength(2));
      expect(await world.types(other)).toContain('AccessRequestDenied');
    });
    const startsAt = new Date().toISOString();
    const endsAt = new Date(Date.now() + 900_000).toISOString();
    await world.append(requestId, issued({ policy, startsAt, endsAt }));
    await eventually(async () =>
      expect(await world.eventOf(requestId, 'GrantRevoked')).toMatchObject({ cause: 'policy' }),
    );
  });

  it('that are broken at the start are all listed, and nothing starts', async () => {
    await world.configure('kind: Policy\nspec: {}\n');
    await expect(world.policy()).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/CONFIG_DIR: .*policies.yaml:1:1 metadata/) as string,
    });
  });
});

describe('what is written', () => {
  it('matches its schema, and the log holds no text of an agent', async () => {
    await world.policy();
    const reason = 'reason-canary that nobody but people should read';
    const requestId = await world.ask({ reason });
    await world.until(requestId, 'AccessRequested', 'AccessRequestValidated');
    await approve(requestId);
    await world.until(requestId, ...story);
    for (const { event } of await world.history(requestId)) {
      expect(AccessEvent.parse(event)).toStrictEqual(event);
    }
    expect(world.logged).toContainEqual(
      expect.objectContaining({ msg: 'GrantIssued', requestId, policy: 'production-oncall' }),
    );
    expect(JSON.stringify(world.logged)).not.toContain('reason-canary');
  });
});
