import type { ServerResponse } from 'node:http';
import { request } from 'node:https';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Principal, StopEvent, StopTarget } from '@drawbridge/contracts';
import { accessEventStore, stopEventStore } from '@drawbridge/jetstream';
import { uuidV7, type RunningService } from '@drawbridge/runtime';
import { disabledKeyOf, stopKeyOf } from '@drawbridge/stops';
import { eventually } from '@drawbridge/testing';
import { startGateway, statusOf, type Gateway, type GrantOptions } from './gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const podsOf = (connection: string) => `/connections/${connection}/api/v1/namespaces/payments/pods`;
let upstream: RecordingUpstream;
let gateway: Gateway;
let open: ServerResponse[];

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGateway({ connections: [connection('prod'), connection('staging')] });
  await writeFile(join(gateway.directory, 'cluster.token'), 'cluster-token');
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  open = [];
  upstream.answer((request, response) => {
    open.push(response);
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url?.includes('watch') === true) {
      response.write('{"type":"ADDED","object":{"metadata":{"name":"web-0"}}}\n');
    } else response.end('{"kind":"PodList","apiVersion":"v1","items":[]}');
  });
});

const connection = (name: string) => ({
  name,
  server: upstream.address,
  certificateAuthority: upstream.certificateAuthority,
  credential: 'type: bearerToken\nfile: cluster.token',
});

const alice: Principal = {
  kind: 'human',
  issuer: 'https://idp.corp.test',
  subject: 'alice',
  groups: ['platform'],
};

/** The time of the story, some minutes ago: it stands still but for what tests let pass. */
let storyMs = Date.now() - 200_000;
const pass = (seconds: number): void => {
  storyMs += seconds * 1_000;
};
const ageSeconds = (): number => (Date.now() - storyMs) / 1_000;

async function stop(key: string, event: StopEvent): Promise<void> {
  const writer = event.type.startsWith('Agent') ? 'identity' : 'approval';
  const store = stopEventStore(gateway.bus, writer);
  const { position } = await store.load(key);
  const at = new Date(storyMs);
  await store.append({
    aggregateId: key,
    position,
    event,
    metadata: {
      id: uuidV7(at),
      causationId: 'test',
      actor: { kind: 'human', id: 'alice' },
      at: at.toISOString(),
    },
  });
}

const raise = (target: StopTarget, keep = true) =>
  stop(stopKeyOf(target), {
    type: 'BridgesRaised',
    data: { by: alice, via: 'http', reason: 'incident', target, keep },
  });
const releasedNow: StopEvent = {
  type: 'BridgesReleased',
  data: { by: alice, via: 'http', reason: 'over' },
};
/** A stop ends what looks a little younger than it, because clocks may differ. */
const release = async (target: StopTarget) => {
  pass(6);
  await stop(stopKeyOf(target), releasedNow);
  pass(1);
};

const grant = (options: Omit<GrantOptions, 'ageSeconds'>) =>
  gateway.grant({ ...options, ageSeconds: ageSeconds() });

const get = (subject: string, path: string) =>
  gateway.call(path, { token: gateway.issuer.token({ sub: subject }) });

/** A fresh agent whose grant passes calls. */
let agents = 0;
async function agent(on = 'prod') {
  agents += 1;
  const subject = `stopped-${String(agents)}`;
  const granted = await grant({ subject, connection: on });
  await eventually(async () => {
    expect((await get(subject, podsOf(on))).status).toBe(200);
  });
  return { subject, ...granted };
}

/** A watch, until it has ended. */
const watch = (subject: string, on = 'prod') => get(subject, `${podsOf(on)}?watch=true`);

const causeOf = (body: string): string | undefined => {
  const last = JSON.parse(body.trimEnd().split('\n').at(-1) ?? '{}') as {
    object?: { details?: { causes?: { reason: string }[] } };
  };
  return last.object?.details?.causes?.[0]?.reason;
};

describe('when all bridges are raised', () => {
  it('live streams end at once, calls are refused, and a release gives nothing back', async () => {
    const [one, other] = [await agent(), await agent('staging')];
    const streams = [watch(one.subject), watch(other.subject, 'staging')];
    await eventually(() =>
      expect(open.filter(({ writableEnded }) => !writableEnded).length).toBe(2),
    );
    const raisedAt = performance.now();
    await raise('all');
    const answers = await Promise.all(streams);
    expect(performance.now() - raisedAt).toBeLessThan(10_000);
    for (const { body } of answers) expect(causeOf(body)).toBe('bridges_raised');

    const refused = await get(one.subject, podsOf('prod'));
    expect(refused.status).toBe(403);
    expect(statusOf(refused).cause).toBe('bridges_raised');

    const late = await grant({ subject: one.subject });
    await eventually(async () => {
      const answer = await get(one.subject, podsOf('prod'));
      expect(statusOf(answer).message).toContain(late.grantId);
      expect(statusOf(answer).cause).toBe('bridges_raised');
    });

    await release('all');
    const fresh = await agent();
    expect(fresh.grantId).not.toBe(one.grantId);
    expect(statusOf(await get(one.subject, podsOf('prod'))).cause).toBe('bridges_raised');
  });

  it('while 50 grants are issued, none of them passes a call on any of two gateways, also after a restart', async () => {
    const replica = await gateway.startReplica();
    const before = await agent();
    const subjects = Array.from({ length: 50 }, (_, index) => `racing-${String(index)}`);
    const grants = subjects.map((subject) => grant({ subject }));
    await Promise.all([raise('all'), ...grants]);
    const addresses = [gateway.address, localhostOf(replica)];
    await eventually(async () => {
      const answers = await Promise.all(
        [before.subject, ...subjects].flatMap((subject) =>
          addresses.map((address) => statusAt(address, subject)),
        ),
      );
      expect(answers.filter((status) => status !== 403)).toStrictEqual([]);
    });
    await replica.close();

    await gateway.proxy.close();
    await gateway.startProxy();
    expect((await get(subjects[7] ?? '', podsOf('prod'))).status).toBe(403);
    await release('all');
    await gateway.proxy.close();
    await gateway.startProxy();
    const again = await Promise.all(subjects.map((subject) => get(subject, podsOf('prod'))));
    expect(again.filter(({ status }) => status !== 403)).toStrictEqual([]);
    await agent();
  });

  it('and released within a second, what was issued before by a clock that is ahead stays closed', async () => {
    const before = { subject: 'ahead-of-time', ageSeconds: ageSeconds() - 4 };
    await gateway.grant(before);
    await eventually(async () => {
      expect((await get(before.subject, podsOf('prod'))).status).toBe(200);
    });
    await raise('all');
    await eventually(async () => {
      expect((await get(before.subject, podsOf('prod'))).status).toBe(403);
    });
    pass(1);
    await stop('all', releasedNow);
    const after = { subject: 'later', ageSeconds: ageSeconds() - 5 };
    await gateway.grant(after);
    await eventually(async () => {
      expect((await get(after.subject, podsOf('prod'))).status).toBe(200);
    });
    const refused = await get(before.subject, podsOf('prod'));
    expect(statusOf(refused).cause).toBe('bridges_raised');
    pass(6);
  });
});

const localhostOf = (service: RunningService): string =>
  `https://localhost:${new URL(service.addresses['https'] ?? '').port}`;

function statusAt(address: string, subject: string): Promise<number> {
  const token = gateway.issuer.token({ sub: subject });
  const { certificateAuthority } = gateway.raw;
  const status = Promise.withResolvers<number>();
  request(`${address}${podsOf('prod')}`, {
    ca: certificateAuthority,
    agent: false,
    headers: { authorization: `Bearer ${token}` },
  })
    .on('response', (response) => {
      response.resume();
      status.resolve(response.statusCode ?? 0);
    })
    .on('error', status.reject)
    .end();
  return status.promise;
}

describe('when some bridges are raised', () => {
  it('those to other clusters stay down', async () => {
    const [here, there] = [await agent(), await agent('staging')];
    await raise({ connection: 'prod' });
    await eventually(async () => {
      expect(statusOf(await get(here.subject, podsOf('prod'))).cause).toBe('bridges_raised');
    });
    expect((await get(there.subject, podsOf('staging'))).status).toBe(200);
    await release({ connection: 'prod' });
    await agent();
  });

  it('those of other agents stay down, with the same subject of another issuer too', async () => {
    const [one, other] = [await agent(), await agent()];
    const { issuer } = gateway.issuer;
    await raise({ agent: { issuer: 'https://elsewhere.test', subject: other.subject } });
    await raise({ agent: { issuer, subject: one.subject } });
    await eventually(async () => {
      expect(statusOf(await get(one.subject, podsOf('prod'))).cause).toBe('bridges_raised');
    });
    expect((await get(other.subject, podsOf('prod'))).status).toBe(200);
  });

  it('for a moment, what was open ends and what comes later passes', async () => {
    const one = await agent();
    const live = watch(one.subject);
    await eventually(() =>
      expect(open.filter(({ writableEnded }) => !writableEnded).length).toBe(1),
    );
    await raise({ connection: 'prod' }, false);
    expect(causeOf((await live).body)).toBe('bridges_raised');
    const { subject } = one;
    // The seconds by which clocks may differ belong to the moment.
    pass(4);
    const within = await grant({ subject });
    await eventually(async () => {
      const answer = await get(subject, podsOf('prod'));
      expect(statusOf(answer).message).toContain(within.grantId);
      expect(statusOf(answer).cause).toBe('bridges_raised');
    });
    pass(2);
    await grant({ subject });
    await eventually(async () => {
      expect((await get(subject, podsOf('prod'))).status).toBe(200);
    });
  });
});

describe('an order to revoke', () => {
  it('ends the live streams and calls of this grant, before policy has recorded an end, and no others', async () => {
    const [one, other] = [await agent(), await agent()];
    const live = watch(one.subject);
    await eventually(() =>
      expect(open.filter(({ writableEnded }) => !writableEnded).length).toBe(1),
    );
    const store = accessEventStore(gateway.bus, 'approval');
    const { position } = await store.load(one.requestId);
    const at = new Date();
    await store.append({
      aggregateId: one.requestId,
      position,
      event: { type: 'RevocationOrdered', data: { by: alice, via: 'http', reason: 'over' } },
      metadata: {
        id: uuidV7(at),
        causationId: 'test',
        actor: { kind: 'human', id: 'alice' },
        at: at.toISOString(),
      },
    });
    expect(causeOf((await live).body)).toBe('grant_revoked');
    expect(statusOf(await get(one.subject, podsOf('prod'))).cause).toBe('grant_revoked');
    expect((await get(other.subject, podsOf('prod'))).status).toBe(200);
  });
});

describe('a stop of an agent', () => {
  it('that is disabled ends its grants', async () => {
    const one = await agent();
    const { issuer } = gateway.issuer;
    const { subject } = one;
    const data = { by: alice, issuer, subject, reason: 'runs wild' };
    await stop(disabledKeyOf(data), { type: 'AgentDisabled', data });
    await eventually(async () => {
      expect(statusOf(await get(subject, podsOf('prod'))).cause).toBe('grant_revoked');
    });
  });
});

describe('what cannot be read', () => {
  it('stops what its subject names, and nothing else', async () => {
    const [here, there] = [await agent(), await agent('staging')];
    gateway.bus.nats.publish('drawbridge.stops.c_prod', '{"type":"BridgesRaisedHalf"}');
    await eventually(async () => {
      expect(statusOf(await get(here.subject, podsOf('prod'))).cause).toBe('bridges_raised');
    });
    expect((await get(there.subject, podsOf('staging'))).status).toBe(200);
    expect(gateway.log.join('')).toContain('unreadable stop');
  });
});
