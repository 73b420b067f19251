import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCli } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

let services: RealServices;

beforeAll(async () => {
  await buildCli();
  services = await startRealServices();
});
afterAll(() => services.stop());

const human = (id: string) => services.logIn(id);

it('administrators raise bridges and release them; agents and others do not', async () => {
  const [alice, erin, agent] = [
    await human('human-alice'),
    await human('human-erin'),
    await services.agentOncall(),
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
  const alice = await human('human-alice');
  for (const target of [[], ['--all', '-c', 'prod-eks'], ['-c', 'prod-eks', '--agent', 'a']]) {
    const { code } = await alice.drawbridge('bridges', 'raise', ...target, '-r', 'an incident');
    expect(code).toBe(2);
  }
  expect((await alice.drawbridge('bridges', 'raise', '--all')).code).toBe(2);
});
