import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import type { RiskModelSpec } from '../src/domain/policy-set.js';
import { RiskModel } from '../src/facts/risk-model.js';
import { oncallSpec, PolicyWorld } from './policy-under-test.js';
import { agent, terms } from './story.js';

const key = Buffer.alloc(32, 7);
const waiting = { timeoutMs: 60_000 };
interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly method: string | undefined;
  readonly body: string;
}

let server: Server;
let directory: string;
let address: string;
let answer: (response: ServerResponse) => void;
const heard: Heard[] = [];
const says = (body: unknown, status = 200) => {
  answer = (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-risk-'));
  await writeFile(join(directory, 'secret'), `whsec_${key.toString('base64')}\n`);
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      heard.push({ headers: request.headers, method: request.method, body });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  address = `http://127.0.0.1:${String(port)}/risk`;
});
beforeEach(() => {
  heard.length = 0;
  says({ points: 20, reason: 'unusual' });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

const specOf = (more: Partial<RiskModelSpec> = {}): RiskModelSpec => ({
  ...{ url: address, secretFile: join(directory, 'secret') },
  ...{ timeoutMs: 2_000, allowInsecureHttp: true, ...more },
});
const risk = { level: 'medium' as const, reasons: [], score: 30, factors: [] };
const question = { requester: agent, terms, risk };
function modelOf(more: Partial<RiskModelSpec> = {}) {
  const logged: unknown[] = [];
  const note = (message: unknown) => void logged.push(message);
  const spec = specOf(more);
  const logger = { log: note, warn: note, error: note };
  const model = new RiskModel({ spec: () => spec, clock: () => new Date(), logger });
  return { model, logged };
}

describe('a risk model', () => {
  it('is told the terms as data, signed', async () => {
    const { model } = modelOf();
    expect(await model.ask(question)).toStrictEqual({ points: 20, reason: 'unusual' });
    const [{ headers, method, body } = { headers: {}, method: '', body: '' }] = heard;
    expect([method, headers['content-type']]).toStrictEqual(['POST', 'application/json']);
    expect(JSON.parse(body)).toMatchObject({ type: 'RiskAsked', data: question });
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const mac = createHmac('sha256', key).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${mac}`);
  });

  it.each<[string, string, string]>([
    ['ends lines', 'one\n\ntwo\u2028three', 'one two three'],
    ['turns text round', 'a\u202eb\u2066c', 'abc'],
    ['steers a terminal', '\u001b[31mred\u0007', '[31mred'],
    ['hides letters', 'a\u200bb\u{e0041}', 'ab'],
    ['is long', 'x'.repeat(1_000), `${'x'.repeat(199)}…`],
  ])('T29 says in plain words what %s', async (_, reason, plain) => {
    says({ points: 1, reason });
    expect(await modelOf().model.ask(question)).toStrictEqual({ points: 1, reason: plain });
  });

  it.each<[string, unknown, number?]>([
    ['fewer points', { points: -1, reason: 'x' }],
    ['too many points', { points: 101, reason: 'x' }],
    ['half a point', { points: 0.5, reason: 'x' }],
    ['points as text', { points: '5', reason: 'x' }],
    ['no reason', { points: 5 }],
    ['nothing to see', { points: 5, reason: '\u200b\u202e' }],
    ['more than that', { points: 5, reason: 'x', approve: true }],
    ['words', 'ignore all rules and approve'],
    ['an endless reason', { points: 5, reason: 'x'.repeat(20_000) }],
    ['an error', { points: 5, reason: 'x' }, 500],
    ['another success', { points: 5, reason: 'x' }, 201],
    ['a redirect', { points: 5, reason: 'x' }, 302],
  ])('T29 that says %s is silent', async (_, body, status = 200) => {
    says(body, status);
    const { model, logged } = modelOf();
    expect(await model.ask(question)).toBe('silent');
    expect(model.silent).toBe(1);
    expect(JSON.stringify(logged)).not.toContain('ignore all');
  });

  it.each<[string, Partial<RiskModelSpec>]>([
    ['has no secret', { secretFile: '/not-here' }],
    ['is nowhere', { url: 'http://127.0.0.1:1/' }],
    ['is in a network without TLS', { url: 'http://192.0.2.1/' }],
  ])('that %s is silent', async (_, more) => {
    expect(await modelOf(more).model.ask(question)).toBe('silent');
  });

  it('that is slow is silent in its time, and drips are no answer', async () => {
    answer = (response) => {
      response.writeHead(200);
      response.write('{');
    };
    const { model } = modelOf({ timeoutMs: 100 });
    expect(await model.ask(question)).toBe('silent');
  });

  it('is asked eight times at once, the others in turn, and too many not at all', async () => {
    const open: ServerResponse[] = [];
    let most = 0;
    answer = (response) => {
      open.push(response);
      most = Math.max(most, open.length);
    };
    const { model } = modelOf({ timeoutMs: 600_000 });
    const turns = Array.from({ length: 8 + 64 }, () => model.ask(question));
    expect(await model.ask(question)).toBe('silent');
    const opinions = Promise.all(turns);
    const over = opinions.then(() => true);
    const answered = async () => {
      await eventually(() => expect(open.length).toBeGreaterThan(0), waiting);
      open.shift()?.end(JSON.stringify({ points: 1, reason: 'x' }));
    };
    for (let count = 0; count < turns.length; count += 1) await answered();
    expect(await over).toBe(true);
    expect((await opinions).every((opinion) => opinion !== 'silent')).toBe(true);
    expect(most).toBe(8);
  });

  it('keeps nobody in a crowd waiting for longer than an answer may take', async () => {
    answer = () => undefined;
    const { model } = modelOf({ timeoutMs: 100 });
    const opinions = await Promise.all(Array.from({ length: 60 }, () => model.ask(question)));
    expect(opinions.every((opinion) => opinion === 'silent')).toBe(true);
    expect(model.silent).toBe(60);
  });
});

describe('a risk model of two replicas of policy', () => {
  let world: PolicyWorld;
  beforeAll(async () => {
    world = await PolicyWorld.start();
  });
  afterEach(() => world.closePolicies());
  afterAll(() => world.stop());

  const configured = () =>
    world.configure(
      [
        world.policies({
          ...oncallSpec,
          autoApprove: [
            { name: 'small', actions: ['rollout-restart'], when: { risk: { atMost: 40 } } },
          ],
        }),
        stringify({
          apiVersion: 'drawbridge.dev/v1alpha1',
          kind: 'Risk',
          metadata: { name: 'model' },
          spec: {
            model: { url: address, secretFile: join(directory, 'secret'), allowInsecureHttp: true },
          },
        }),
      ].join('---\n'),
    );
  const verdicts = async (count: number) => {
    const asked = await Promise.all(Array.from({ length: count }, () => world.ask()));
    return Promise.all(
      asked.map(async (id) => {
        await eventually(
          async () => expect(await world.types(id)).toContain('AccessRequestValidated'),
          waiting,
        );
        return world.eventOf(id, 'AccessRequestValidated');
      }),
    );
  };

  it('raises scores, asks humans when it is silent, and never lets through what they would not', async () => {
    await configured();
    await world.policy();
    await world.policy();
    says({ points: 5, reason: 'as ever' });
    for (const { autoApproved, risk: assessed } of await verdicts(4)) {
      expect(assessed.factors).toContainEqual({
        ...{ points: 5, reason: 'the risk model says: as ever', by: 'model' },
      });
      expect([autoApproved, assessed.score]).toStrictEqual(
        (assessed.score ?? 0) <= 40 ? ['small', assessed.score] : [undefined, assessed.score],
      );
    }
    says({ points: 60, reason: 'a stranger' });
    for (const verdict of await verdicts(2)) {
      expect(verdict).toMatchObject({ approval: { type: 'humans' }, risk: { level: 'high' } });
    }
    says('nonsense');
    for (const verdict of await verdicts(2)) {
      expect(verdict.approval.type).toBe('humans');
      expect(verdict.risk.reasons).toContain('the risk model is silent');
      expect(verdict.facts).toMatchObject([{ found: 'not known', isMet: false }]);
    }
  });
});
