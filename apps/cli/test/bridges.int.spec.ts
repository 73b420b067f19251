import { demoPeople } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCli, Somebody } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

let services: RealServices;
const people: Somebody[] = [];

beforeAll(async () => {
  await buildCli();
  services = await startRealServices();
});
afterAll(async () => {
  await Promise.all(people.map((one) => one.remove()));
  await services.stop();
});

async function human(id: string): Promise<Somebody> {
  const somebody = await services.logIn(id);
  people.push(somebody);
  return somebody;
}

async function agentOncall(): Promise<Somebody> {
  const secret = demoPeople.agents.find(({ id }) => id === 'agent-oncall')!.secret;
  const env = { DRAWBRIDGE_URL: services.server, DRAWBRIDGE_CLIENT_SECRET: secret };
  const somebody = await Somebody.with(env);
  people.push(somebody);
  await somebody.drawbridge('login', '--client-id', 'agent-oncall');
  return somebody;
}

it('administrators raise bridges and release them; agents and others do not', async () => {
  const [alice, erin, agent] = [
    await human('human-alice'),
    await human('human-erin'),
    await agentOncall(),
  ];
  const raise = ['bridges', 'raise', '--all', '-r', 'an incident'] as const;
  for (const stranger of [erin, agent]) {
    const { code, stdout } = await stranger.drawbridge(...raise);
    expect({ code, stdout }).toStrictEqual({ code: 4, stdout: '' });
  }
  const raised = await alice.drawbridge(...raise);
  expect(raised.stdout).toContain('all bridges: 0 open grants end');
  await eventually(async () => {
    const { stdout } = await erin.drawbridge('bridges', 'status');
    expect(stdout).toMatch(/all bridges +alice@corp\.test .* an incident/);
  });
  const released = await alice.drawbridge('bridges', 'release', '--all', '-r', 'over');
  expect(released.stdout).toBe('released; no bridges are raised\n');

  const once = ['bridges', 'raise', '--agent', 'agent-oncall', '--once', '-r', 'a leak'] as const;
  const unheardOf = await alice.drawbridge(...once);
  expect(unheardOf).toMatchObject({ code: 1, stdout: '' });
  expect(unheardOf.stderr).toContain('agent_unknown');
  const { stdout } = await alice.drawbridge(...once, '--even-if-unknown', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({
    target: { agent: { issuer: services.identityProvider.issuer, subject: 'agent-oncall' } },
    keep: false,
  });

  const bob = await human('human-bob');
  await eventually(async () => {
    const { stdout: record } = await bob.drawbridge('audit', 'stops', '--oldest-first');
    expect(record).toMatch(/BridgesRaised +all bridges +human alice@corp\.test +an incident\n/);
    expect(record).toMatch(/BridgesReleased +all bridges +human alice@corp\.test +over\n/);
    expect(record).toMatch(/BridgesRaised +agent agent-oncall +human alice@corp\.test +a leak\n/);
  });
  expect((await erin.drawbridge('audit', 'stops')).code).toBe(4);
});

it('what is meant has to be said, once', async () => {
  const alice = people[0]!;
  for (const target of [[], ['--all', '-c', 'prod-eks'], ['-c', 'prod-eks', '--agent', 'a']]) {
    const { code } = await alice.drawbridge('bridges', 'raise', ...target, '-r', 'an incident');
    expect(code).toBe(2);
  }
  expect((await alice.drawbridge('bridges', 'raise', '--all')).code).toBe(2);
});
