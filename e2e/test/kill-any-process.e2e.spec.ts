import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessEventType } from '@drawbridge/contracts';
import { openDemoCluster, takeStateDirectory, type DemoCluster } from '@drawbridge/laptop';
import { Closers } from '@drawbridge/runtime';
import { eventually, nativeTool } from '@drawbridge/testing';
import { Composition, victims, type Victim } from '../src/composition.js';
import { GRANT_SECONDS, Journey, steps, wasForwarded, type Step } from '../src/journey.js';

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-kill-'));
const state = takeStateDirectory(join(directory, 'state'));
const journeys: Journey[] = [];
let cluster: DemoCluster;
let composition: Composition;
let token: string;
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  cluster = await openDemoCluster({ state, kubectl: await nativeTool('kubectl') });
  closers.add(() => cluster.close());
  composition = await Composition.start(state, cluster.access, {
    // One agent asks more often here than any real one should.
    identity: { MAX_OPEN_REQUESTS: '500', REQUESTS_PER_MINUTE: '5000' },
  });
  closers.add(() => composition.stop());
  token = await composition.agentToken();
});

afterAll(() => closers.close());

/** Takes the step while the victim dies, a little later each time; then starts the victim again. */
async function takeWhileDying(journey: Journey, step: Step, victim: Victim): Promise<void> {
  const lateness = (journeys.length * 7) % 25;
  const dying = delay(lateness)
    .then(() => composition.kill(victim))
    .then(() => delay(200))
    .then(() => composition.startAgain(victim));
  const [taken] = await Promise.allSettled([journey.take[step](), dying]);
  await dying;
  // What failed because the process was away succeeds once it is back.
  if (taken.status === 'rejected') await journey.take[step]();
}

const cells = victims.flatMap((victim) => steps.map((step) => ({ victim, step })));

describe('a request survives the death of any one process at any step', () => {
  it.each(cells)('$victim dies at "$step"', async ({ victim, step }) => {
    const journey = new Journey(composition, token, { key: `${victim}-${step}` });
    journeys.push(journey);
    for (const each of steps) {
      await (each === step ? takeWhileDying(journey, each, victim) : journey.take[each]());
    }
    const types = (await journey.history()).map(({ event }) => event.type);
    expect(types).toStrictEqual([
      'AccessRequested',
      'AccessRequestValidated',
      'ApprovalRequested',
      'ApprovalGiven',
      'AccessRequestApproved',
      'GrantIssued',
    ] satisfies AccessEventType[]);
    const cards = (await composition.standIns.slack.messages()).filter(
      ({ metadata }) => metadata?.event_payload['request_id'] === journey.requestId,
    );
    expect(cards).toHaveLength(1);
  });
});

describe('a grant ends on time, whichever process is dead at its end', () => {
  /** Between the ends of two grants: enough, mostly, to kill a process and start it again. */
  const apartSeconds = 8;
  /** Sooner than this nobody is killed in time. */
  const noticeMs = 2_000;
  const prepared = new Map<Victim, Journey>();

  async function prepare(victim: Victim, key: string, durationSeconds: number): Promise<Journey> {
    // A deployment of its own, because the grants that end later stay open to the same agent.
    const options = { key: `${victim}-${key}`, deployment: `only-${victim}`, durationSeconds };
    const journey = new Journey(composition, token, options);
    for (const step of steps) await journey.take[step]();
    journeys.push(journey);
    return journey;
  }

  async function endOf(journey: Journey): Promise<number> {
    const history = await journey.history();
    const issued = history.find(({ event }) => event.type === 'GrantIssued');
    if (issued?.event.type !== 'GrantIssued') throw new Error('no grant');
    return Date.parse(issued.event.data.endsAt);
  }

  /** The one prepared for it, or another when that is over before its turn, on a slow machine. */
  async function journeyOf(victim: Victim): Promise<Journey> {
    const journey = prepared.get(victim);
    if (journey !== undefined && (await endOf(journey)) > Date.now() + noticeMs) return journey;
    return prepare(victim, 'expiry-afresh', GRANT_SECONDS);
  }

  beforeAll(async () => {
    for (const [index, victim] of victims.entries()) {
      const durationSeconds = GRANT_SECONDS + index * apartSeconds;
      prepared.set(victim, await prepare(victim, 'expiry', durationSeconds));
    }
  });

  it.each(victims.map((victim) => ({ victim })))('$victim is dead', async ({ victim }) => {
    const journey = await journeyOf(victim);
    const endsAt = await endOf(journey);
    await delay(endsAt - Date.now() - 500);
    await composition.kill(victim);
    await delay(endsAt - Date.now() + 50);
    const late = await journey.call().catch(() => undefined);
    expect(wasForwarded(late?.status)).toBe(false);
    await composition.startAgain(victim);
    await eventually(async () => {
      expect((await journey.call()).status).toBe(403);
      const history = await journey.history();
      expect(history.filter(({ event }) => event.type === 'GrantExpired')).toHaveLength(1);
    });
  });
});

describe('afterwards', () => {
  it('every grant was issued once, for exactly the time asked for, and expired once', async () => {
    for (const journey of journeys) {
      await eventually(
        async () => {
          const history = await journey.history();
          const issued = history.flatMap(({ event }) =>
            event.type === 'GrantIssued' ? [event.data] : [],
          );
          expect(issued).toHaveLength(1);
          const [{ startsAt, endsAt } = { startsAt: '', endsAt: '' }] = issued;
          expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(journey.durationSeconds * 1000);
          expect(history.filter(({ event }) => event.type === 'GrantExpired')).toHaveLength(1);
        },
        { timeoutMs: 90_000 },
      );
    }
    expect(new Set(journeys.map(({ requestId }) => requestId)).size).toBe(journeys.length);
  });

  it('no grant opens the gateway any more', async () => {
    const [journey] = journeys;
    expect((await journey?.call())?.status).toBe(403);
  });

  it('every event is in ClickHouse exactly once', async () => {
    const auditor = await composition.auditorToken();
    for (const journey of journeys) {
      const expected = (await journey.history()).map(({ id }) => id).sort();
      await eventually(async () => {
        const url = `${composition.standIns.addresses.audit}/v1/audit/events?request=${journey.requestId}`;
        const answer = await fetch(url, { headers: { authorization: `Bearer ${auditor}` } });
        const body = (await answer.json()) as { items: { id: string }[] };
        expect(body.items.map(({ id }) => id).sort()).toStrictEqual(expected);
      });
    }
  });

  it('no process wrote a secret to its log', () => {
    const { slack } = composition.standIns;
    const secrets = [token, slack.botToken, slack.signingSecret];
    const { credential } = cluster.access;
    if (credential.type === 'bearerToken') secrets.push(credential.token);
    expect(secrets.filter((secret) => composition.output.includes(secret))).toEqual([]);
  });
});
