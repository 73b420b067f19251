import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectJetStream } from '@drawbridge/jetstream';
import { takeStateDirectory } from '@drawbridge/laptop';
import { eventually, requireNothingWaits } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Composition } from '../src/composition.js';
import { Journey, steps } from '../src/journey.js';
import { faultsOf, isOwn, keptAnswers, readsLost } from '../src/record-chaos/faults.js';
import { killAtRandom, targets, type Kill } from '../src/record-chaos/kills.js';
import { callUntil, runSessionsUntil, sha256, type Answered } from '../src/record-chaos/load.js';
import { randomFrom } from '../src/record-chaos/random.js';
import { storedRecord, streamDigests, streams } from '../src/record-chaos/stored-record.js';
import {
  EXEC_LINES,
  startRecordingCluster,
  type RecordingCluster,
} from '../src/recording-cluster.js';
import { buildCli, runCli, terminalOf } from '../src/shipped-cli.js';

/** `CHAOS_SECONDS=600` is what a release is given; a change gets less. */
const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 30);
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 100_000);
const CALLERS = 4;
/** One agent makes the whole load; its limits are the subject of other tests. */
const settings = { proxy: { AGENT_CALLS_PER_SECOND: '100000', AGENT_BURST: '100000' } };
const patience = { timeoutMs: 120_000 };

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-chaos-'));
const state = takeStateDirectory(join(directory, 'state'));
let cluster: RecordingCluster;
let composition: Composition | undefined;
let token: string;

beforeAll(async () => {
  await buildCli();
  cluster = await startRecordingCluster();
  composition = await Composition.start(state, cluster.access, settings);
  token = await composition.agentToken();
});
afterAll(async () => {
  await composition?.stop();
  await cluster.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A grant to change the deployment, and one to run commands in a pod. */
async function takeGrants(part: Composition): Promise<void> {
  const restart = new Journey(part, token, { key: 'restart', durationSeconds: 900 });
  for (const step of steps) await restart.take[step]();
  const scope = { action: 'debug', parameters: { namespace: 'payments', pod: 'web-0' } };
  const debug = new Journey(part, token, { key: 'debug', durationSeconds: 900, scope });
  for (const step of ['ask', 'card', 'approve', 'grant'] as const) await debug.take[step]();
}

async function caughtUp(servers: string): Promise<void> {
  const connection = await connectJetStream({ servers, name: 'test' });
  try {
    for (const stream of streams) await requireNothingWaits(connection.manager, stream, 'audit');
    const { state: parked } = await connection.manager.streams.info('PARKED');
    expect(parked.messages, 'parked').toBe(0);
  } finally {
    await connection.close();
  }
}

const Verified = z.object({
  findingCount: z.number(),
  streams: z.array(z.object({ stream: z.string(), verified: z.number(), unsealed: z.number() })),
});

/** `drawbridge audit verify`, until everything is sealed. */
async function verified(part: Composition, ...args: readonly string[]) {
  const own = { DRAWBRIDGE_TOKEN: await part.auditorToken() };
  const terminal = terminalOf(join(directory, 'bob'), part, own);
  return eventually(async () => {
    const told = await runCli(terminal, ['audit', 'verify', ...args, '-o', 'json']);
    const { findingCount, streams: checked } = Verified.parse(JSON.parse(told));
    expect(findingCount).toBe(0);
    expect(checked.filter(({ unsealed }) => unsealed > 0)).toEqual([]);
    return checked.reduce((sum, each) => sum + each.verified, 0);
  }, patience);
}

const count = (kills: readonly Kill[], target: string): number =>
  kills.filter(({ killed }) => killed.includes(target as never)).length;

function killsOf(kills: readonly Kill[]) {
  const ready = kills.map(({ readyAfterMs }) => readyAfterMs).toSorted((a, b) => a - b);
  return {
    ...Object.fromEntries(targets.map((target) => [target, count(kills, target)])),
    twoAtOnce: kills.filter(({ killed }) => killed.length > 1).length,
    readyAfterMs: { median: ready[Math.floor(ready.length / 2)], most: ready.at(-1) },
  };
}

/** Digests that the record has of the whole answers of some clients, sent again by audit. */
async function shownAgain(part: Composition, some: readonly Answered[]) {
  const authorization = `Bearer ${await part.auditorToken()}`;
  const commands = new Map(
    cluster.received
      .filter((call) => !isOwn(call))
      .map(({ url, commandId }) => [/[?&]call=([\d-]+)/.exec(url)?.[1], commandId]),
  );
  const shown: unknown[] = [];
  for (const { call } of some) {
    const path = `/v1/audit/commands/${commands.get(call)}/bodies/response`;
    const answer = await fetch(part.standIns.addresses.audit + path, {
      headers: { authorization },
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    shown.push(answer.status === 200 ? sha256(bytes) : answer.status);
  }
  return shown;
}

describe(`processes killed at random for ${SECONDS} s under load (seed ${SEED})`, () => {
  it(
    'nothing ran off the record, and each command is one row that gives its bytes back',
    async () => {
      if (composition === undefined) throw new Error('not started');
      await takeGrants(composition);
      const endsAt = Date.now() + SECONDS * 1_000;
      let hasFailed = false;
      const isOver = () => hasFailed || Date.now() > endsAt;
      const load = { composition, token, isOver };
      const calling = Array.from({ length: CALLERS }, (_, caller) => callUntil(load, caller));
      const talking = runSessionsUntil(load);
      const killing = killAtRandom(composition, { isOver, random: randomFrom(SEED) });
      const kills = await killing.catch(async (error: unknown) => {
        // The load would find nobody, and hide this error among its own.
        hasFailed = true;
        await Promise.allSettled([...calling, talking]);
        throw error;
      });
      const answered = (await Promise.all(calling)).flat();
      const sessions = await talking;

      const servers = composition.standIns.nats.url;
      const began = performance.now();
      await eventually(() => caughtUp(servers), patience);
      const caughtUpMs = Math.round(performance.now() - began);
      const long = answered
        .filter(({ call }) => Number(call.split('-')[1]) % 5 === 0)
        .slice(-20, -8);
      const again = await shownAgain(composition, long);
      const proved = {
        stream: await verified(composition),
        rows: await verified(composition, '--rows'),
      };
      const inStreams = await streamDigests(servers);
      // One directory is one process's.
      await composition.stop();
      composition = undefined;
      const last = Object.fromEntries(streams.map((each) => [each, inStreams[each].size]));
      const stored = await storedRecord(join(state.path, 'clickhouse'), last as never);
      const happened = { received: cluster.received, answered, sessions, inStreams };
      const faults = faultsOf(happened, stored);
      const lost = readsLost(happened, stored).length;
      const kept = keptAnswers(happened, stored);
      const notKept = answered.length - kept.size;
      const whole = sessions.filter(({ output }) => output.split('\n').length > EXEC_LINES);
      console.info({
        seed: SEED,
        kills: killsOf(kills),
        received: cluster.received.length,
        readsLost: lost,
        commands: stored.commands.length,
        bodies: stored.bodies.length,
        answered: answered.length,
        answersNotKept: notKept,
        sessions: { seen: sessions.length, whole: whole.length, pieces: stored.pieces.length },
        messages: last,
        proved,
        caughtUpMs,
      });
      expect(Object.entries(faults).filter(([, found]) => found.length > 0)).toEqual([]);
      // Those of one message at most, and that has one of each caller.
      const atMost = CALLERS * count(kills, 'proxy');
      expect(lost).toBeLessThanOrEqual(atMost);
      expect(notKept).toBeLessThanOrEqual(atMost);
      expect(long.some((each) => kept.has(each))).toBe(true);
      expect(again).toEqual(long.map((each) => (kept.has(each) ? each.response : 404)));
      for (const target of targets) {
        expect(
          kills.filter(({ killed }) => killed.includes(target)),
          target,
        ).not.toEqual([]);
      }
      expect(answered.length).toBeGreaterThan(20);
      expect(whole).not.toEqual([]);
    },
    (SECONDS + 900) * 1_000,
  );
});
