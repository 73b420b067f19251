import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CommandRecord } from '@drawbridge/contracts';
import { TokenRefused } from '@drawbridge/token';
import { CallCut } from '../domain/call-cut.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { CallRefused } from '../domain/call-refused.js';
import { parseKubeRequest } from '../domain/kube-request.js';
import { answerRefusals } from './answer-refusals.js';
import { authorizeCall } from './authorize-call.js';
import { Chain } from './chain.js';
import type { Connected } from './find-connection.js';
import { Tarpit } from '../limits/tarpit.js';
import { ClientConnection } from '../listener/client-connection.js';
import { Http1Answer, Http1Request } from '../listener/http1-exchange.js';
import { Http1Message, Http1Response } from '../listener/http1-message.js';
import type { StartOnItsWay } from '../streams/until-recorded.js';
import type { Exchange } from './exchange.js';
import { answerOf } from './refusal-answer.js';
import { recordCall, type ReadRecord } from './record-call.js';
import type { Tracked } from './track-live.js';

const pods = '/api/v1/namespaces/payments/pods';
const pod = `${pods}/web-1`;
const now = new Date('2026-01-05T09:00:00.000Z');
const clock = () => now;
const done: CallOutcome = {
  outcome: 'completed',
  statusCode: 200,
  requestBytes: 0,
  responseBytes: 2,
};

function exchange(more: Partial<Exchange['facts']> = {}): Exchange & { response: ServerResponse } {
  const request = new Http1Message(new Socket());
  request.method = 'GET';
  request.url = '/connections/prod/api/v1/pods?limit=1';
  request.complete = true;
  const response = new Http1Response(request);
  return {
    commandId: '01a200fc-e240-7ced-950d-def6bcaf0208',
    receivedAt: now,
    request: new Http1Request(request, new ClientConnection('')),
    answer: new Http1Answer(response),
    response,
    upgrade: undefined,
    awaitsContinue: false,
    facts: { connection: 'prod', ...more },
    ends: [],
  };
}

/** Written down as it came. */
const asItCame = { target: (target: string) => target, text: (text: string) => text };
const words = () => asItCame;

/** The first step around one that throws. */
async function refuse(error: Error, facts: Partial<Exchange['facts']> = {}) {
  const recorded: CommandRecord[] = [];
  const logged: unknown[] = [];
  const log = (line: unknown) => logged.push(line);
  const step = answerRefusals({
    log: {
      refused: ({ line }) =>
        Promise.resolve(void recorded.push(CommandRecord.parse(JSON.parse(line)))),
    },
    logger: { log, warn: log, error: log },
    isConnection: (name) => name === 'prod',
    words,
    tarpit: new Tarpit(),
  });
  const call = exchange(facts);
  const outcome = await step(() => Promise.reject(error))(call);
  return { outcome, recorded, logged, response: call.response };
}

describe('a call that a step ended', () => {
  it('is answered, and recorded as refused', async () => {
    const { response, recorded, outcome } = await refuse(new CallRefused('no_grant', 'ask'));
    expect(response.statusCode).toBe(403);
    expect(recorded).toMatchObject([
      {
        type: 'CommandRefused',
        statusCode: 403,
        path: '/api/v1/pods',
        query: 'limit=1',
        decision: { effect: 'deny', reason: 'no_grant', message: 'ask' },
      },
    ]);
    expect(outcome).toMatchObject({ reason: 'no_grant', statusCode: 403 });
  });

  it('is not recorded as refused when its start was recorded', async () => {
    const { recorded } = await refuse(new CallRefused('upstream_failed', 'x'), { started: true });
    expect(recorded).toStrictEqual([]);
  });

  it('is no command when it addressed no connection that exists', async () => {
    const { recorded } = await refuse(new CallRefused('no_grant', 'x'), { connection: 'invented' });
    expect(recorded).toStrictEqual([]);
  });

  it('T28 by a fault of ours is a 500 that says nothing of it, and is logged with it', async () => {
    const { response, logged, recorded } = await refuse(new Error('password=hunter2'));
    expect(response.statusCode).toBe(500);
    expect(JSON.stringify(recorded)).not.toContain('hunter2');
    expect(recorded).toMatchObject([{ decision: { reason: 'internal_error' } }]);
    expect(logged).toMatchObject([
      { code: 'internal_error', err: { message: 'password=hunter2' } },
    ]);
  });
});

describe('the answer to', () => {
  it.each([
    [new TokenRefused('token_missing', 'x'), 401, 'Bearer realm="drawbridge"'],
    [
      new TokenRefused('token_expired', 'x'),
      401,
      'Bearer realm="drawbridge", error="invalid_token"',
    ],
    [new TokenRefused('token_claims_invalid', 'x'), 403, undefined],
    [new TokenRefused('trust_unavailable', 'x'), 503, undefined],
    [new CallRefused('not_in_scope', 'x'), 403, undefined],
    [new CallCut('token_expired'), 401, 'Bearer realm="drawbridge", error="invalid_token"'],
    [new CallCut('grant_expired'), 403, undefined],
    ['thrown text', 500, undefined],
  ])('%s has a challenge only where a fresh token would help', (error, statusCode, challenge) => {
    const answer = answerOf(error);
    expect(answer.statusCode).toBe(statusCode);
    expect(answer.challenge).toBe(challenge);
  });
});

const connected = (): Connected => ({
  ...exchange(),
  connection: 'prod',
  target: '/api/v1/pods',
  kube: parseKubeRequest('GET', '/api/v1/pods'),
  agent: { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] },
  tokenExpiresAt: now,
  tokenIssuedAt: now,
  // No step that is tested here reaches for the cluster.
  upstream: undefined as never,
});

describe('T15 a decision that fails', () => {
  it('is a no, and nothing behind it runs', async () => {
    const broken = {
      of: () => {
        throw new Error('the fold is broken');
      },
    };
    let passed = false;
    const lostGroups = { groupLost: () => undefined };
    const catchUp = () => Promise.resolve();
    const times = { latest: clock, earliest: clock };
    const handle = authorizeCall({ grants: broken, ...times, lostGroups, catchUp })(() => {
      passed = true;
      return Promise.resolve(done);
    });
    await expect(async () => handle(connected())).rejects.toMatchObject({
      code: 'evaluation_failed',
    });
    expect(passed).toBe(false);
  });
});

describe('a call that nothing allows', () => {
  it('is judged again with all that is on the bus, and only then refused', async () => {
    const order: string[] = [];
    const grants = {
      of: () => {
        order.push('judged');
        return { open: [], ended: undefined };
      },
    };
    const catchUp = () => {
      order.push('caught up');
      return Promise.resolve();
    };
    const lostGroups = { groupLost: () => undefined };
    const parts = { grants, latest: clock, earliest: clock, lostGroups, catchUp };
    const handle = authorizeCall(parts)(() => Promise.resolve(done));
    await expect(handle(connected())).rejects.toMatchObject({ code: 'no_grant' });
    expect(order).toEqual(['judged', 'caught up', 'judged']);
  });
});

describe('recording a call', () => {
  const tracked = (): Tracked => ({
    ...connected(),
    grant: {
      grantId: '01a200fc-e240-7ced-950d-def6bcaf0209',
      accessRequestId: '01a200fc-e240-7ced-950d-def6bcaf0210',
      issuer: 'https://idp.test',
      subject: 'a',
      connection: 'prod',
      rules: [],
      policy: 'oncall',
      reason: 'a test',
      approvers: [],
      issuedAtMs: 0,
      startsAtMs: 0,
      endsAtMs: 1,
    },
    decision: { effect: 'allow', reason: 'in_scope', message: 'm', grant: undefined as never },
    channel: undefined,
    mask: undefined as never,
    guard: { effect: 'allow', policyVersion: 'v1', matched: [] },
    body: { kind: 'none' },
    seen: undefined,
    cutSwitch: undefined as never,
    pauseSwitch: undefined,
    identity: undefined as never,
  });

  interface Way {
    readonly next?: (record: StartOnItsWay | undefined) => Promise<CallOutcome>;
    readonly start?: () => Promise<void>;
    readonly read?: Partial<ReadRecord>;
    readonly method?: string;
    readonly target?: string;
    readonly breakGlass?: true;
  }

  async function run({ next, start, read, method = 'DELETE', target = pod, ...more }: Way) {
    const order: string[] = [];
    const ends: CommandRecord[] = [];
    const recorder = {
      start: async () => {
        order.push('start');
        await start?.();
        order.push('started');
      },
      startRead: () => {
        order.push('start of a read');
        const left = Promise.resolve();
        const onSettled = () => undefined;
        return { left, isStored: false, refusal: undefined, isGivenUp: false, onSettled, ...read };
      },
      end: (_call: unknown, line: string) => {
        order.push('end');
        ends.push(CommandRecord.parse(JSON.parse(line)));
      },
    };
    const body = () => {
      order.push('body');
    };
    const handle = recordCall({ recorder: { ...recorder, body }, clock })(({ record }) => {
      order.push('forward');
      return next === undefined ? Promise.resolve(done) : next(record);
    });
    const kube = parseKubeRequest(method, target);
    const call = tracked();
    const failure = await handle({ ...call, kube, grant: { ...call.grant, ...more } }).then(
      () => undefined,
      (error: unknown) => error,
    );
    return { order, ends, failure };
  }

  it('T26 waits for the start, and records the end behind the answer', async () => {
    const { order, ends } = await run({});
    expect(order).toStrictEqual(['start', 'started', 'forward', 'end']);
    expect(ends).toMatchObject([{ type: 'CommandEnded', ...done }]);
  });

  it('T26 forwards nothing when the start fails', async () => {
    const refusal = new CallRefused('record_unavailable', 'x');
    const { order, failure } = await run({ start: () => Promise.reject(refusal) });
    expect(order).toStrictEqual(['start']);
    expect(failure).toBe(refusal);
  });

  it.each([
    ['GET', pod],
    ['GET', `${pod}/status`],
    ['GET', pods],
    ['HEAD', pod],
  ])(
    'T26 forwards a read with its start, to be answered behind it: %s %s',
    async (method, target) => {
      const waitsFor: unknown[] = [];
      const next = (record: StartOnItsWay | undefined) => {
        waitsFor.push(record?.isStored);
        return Promise.resolve(done);
      };
      const { order } = await run({ next, method, target });
      expect(order).toStrictEqual(['start of a read', 'forward', 'end']);
      expect(waitsFor).toStrictEqual([false]);
      expect((await run({ next, method, target, read: { isStored: true } })).order).toHaveLength(3);
      expect(waitsFor).toStrictEqual([false, undefined]);
    },
  );

  it.each([
    ['GET', `${pods}?watch=1`],
    ['GET', `${pod}/log`],
    ['GET', `${pod}/exec?command=ls`],
    ['GET', `${pod}/proxy/drop-all`],
    ['GET', '/api/v1/proxy/namespaces/payments/pods/web-1'],
    ['GET', '/api/v1/nodes/n1/proxy/run'],
    ['GET', '/healthz'],
    ['POST', pods],
    ['DELETE', pods],
    ['PATCH', pod],
  ])('T26 forwards nothing else before its start is stored: %s %s', async (method, target) => {
    const { order } = await run({ method, target });
    expect(order).toStrictEqual(['start', 'started', 'forward', 'end']);
  });

  it('T26 forwards nothing of a grant of broken glass before its start is stored', async () => {
    const { order } = await run({ method: 'GET', breakGlass: true });
    expect(order).toStrictEqual(['start', 'started', 'forward', 'end']);
  });

  it('T26 forwards no read whose start has not left, and says so on the record', async () => {
    const refusal = new CallRefused('record_unavailable', 'x');
    const left = Promise.reject(refusal);
    const { order, ends, failure } = await run({ method: 'GET', read: { left } });
    expect(order).toStrictEqual(['start of a read', 'end']);
    expect(failure).toBe(refusal);
    const cut = { outcome: 'cut', reason: 'record_unavailable', statusCode: 503 };
    expect(ends).toMatchObject([cut]);
  });

  it('records no end behind the start of a read that is never stored', async () => {
    const left = Promise.reject(new CallRefused('record_unavailable', 'x'));
    const { order } = await run({ method: 'GET', read: { left, isGivenUp: true } });
    expect(order).toStrictEqual(['start of a read']);
  });

  it.each([
    [new CallRefused('upstream_timeout', 'x'), 'upstream_failed', 504],
    [new CallRefused('body_too_large', 'x'), 'cut', 413],
    [new CallRefused('record_unavailable', 'x'), 'cut', 503],
    [new CallCut('grant_revoked'), 'cut', 403],
    [new Error('x'), 'upstream_failed', 500],
  ])('records the end of a call that ended with %s', async (error, outcome, statusCode) => {
    const { ends, failure } = await run({ next: () => Promise.reject(error) });
    expect(failure).toBe(error);
    expect(ends).toMatchObject([{ outcome, statusCode, reason: answerOf(error).code }]);
  });
});

describe('a chain', () => {
  it('passes a call through its steps in their order', async () => {
    const seen: string[] = [];
    const step =
      (name: string) => (next: (call: string) => Promise<CallOutcome>) => (call: string) => {
        seen.push(name);
        return next(`${call}${name}`);
      };
    const handle = Chain.of(step('a'))
      .then(step('b'))
      .then(step('c'))
      .end((call) => Promise.resolve({ ...done, reason: call }));
    expect(await handle('-')).toMatchObject({ reason: '-abc' });
    expect(seen).toStrictEqual(['a', 'b', 'c']);
  });
});

describe('T25 a refusal of a flood', () => {
  const tooMany = new CallRefused('too_many_requests', 'x');
  const agent = { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] } as const;

  function kept(facts: Partial<Exchange['facts']> = {}) {
    const call = exchange(facts);
    call.response.shouldKeepAlive = true;
    return call;
  }

  /** The first step, with a tarpit that says `held`. */
  function flooded(held: ReturnType<Tarpit['hold']>) {
    const callers: string[] = [];
    const hold = (caller: string) => {
      callers.push(caller);
      return held;
    };
    const step = answerRefusals({
      // What is only counted is never looked at.
      log: { refused: () => Promise.resolve() },
      logger: { log: () => undefined, warn: () => undefined, error: () => undefined },
      isConnection: () => true,
      words,
      tarpit: { hold },
    });
    return { step, callers };
  }

  it('is answered when the tarpit lets it go, and the caller is the agent', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { step, callers } = flooded(promise.then(() => undefined));
    const call = kept({ agent: { ...agent, groups: [] } });
    const answered = step(() => Promise.reject(tooMany))(call);
    await new Promise((turn) => setImmediate(turn));
    expect(call.response.headersSent).toBe(false);
    resolve(undefined);
    await answered;
    expect(call.response.statusCode).toBe(429);
    expect(call.response.shouldKeepAlive).toBe(true);
    expect(callers).toStrictEqual(['https://idp.test a']);
  });

  it('ends its connection when too many are held', async () => {
    const { step } = flooded('full');
    const call = kept();
    await step(() => Promise.reject(tooMany))(call);
    expect(call.response.statusCode).toBe(429);
    expect(call.response.shouldKeepAlive).toBe(false);
  });

  it('is none when an agent is told what it may not do', async () => {
    const { step, callers } = flooded('full');
    const call = kept({ agent: { ...agent, groups: [] } });
    await step(() => Promise.reject(new CallRefused('no_grant', 'x')))(call);
    expect(callers).toStrictEqual([]);
    expect(call.response.shouldKeepAlive).toBe(true);
  });
});
