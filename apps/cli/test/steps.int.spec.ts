import { AccessRequestView, ApprovalView } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCli, Somebody } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

const policies = `
apiVersion: drawbridge.dev/v1alpha1
kind: Policy
metadata: { name: two-steps }
spec:
  subjects: { groups: [oncall-agents] }
  connections: { names: [prod-eks] }
  namespaces: [payments]
  actions: [rollout-restart, view]
  maxDurationSeconds: 900
  approval:
    type: steps
    order: sequential
    steps:
      - { name: on-call, groups: [sre-oncall] }
      - { name: audit, groups: [auditors] }
---
apiVersion: drawbridge.dev/v1alpha1
kind: Policy
metadata: { name: with-a-key }
spec:
  subjects: { groups: [oncall-agents] }
  connections: { names: [prod-eks] }
  namespaces: [payments]
  actions: [scale]
  maxDurationSeconds: 900
  approval: { type: humans, groups: [sre-oncall] }
  stepUp: { fromRisk: low, maxAgeSeconds: 300, acr: [phr] }
`;

let services: RealServices;
let agent: Somebody;
let alice: Somebody;
let bob: Somebody;
let dana: Somebody;

beforeAll(async () => {
  await buildCli();
  services = await startRealServices(policies);
  const env = { DRAWBRIDGE_URL: services.server };
  const secret = demoPeople.agents.find(({ id }) => id === 'agent-oncall')?.secret ?? '';
  agent = await Somebody.with({ ...env, DRAWBRIDGE_CLIENT_SECRET: secret });
  [alice, bob, dana] = await Promise.all([
    Somebody.with(env),
    Somebody.with(env),
    Somebody.with(env),
  ]);
  await agent.drawbridge('login', '--client-id', 'agent-oncall');
  await logIn(alice, 'human-alice');
  await logIn(bob, 'human-bob');
  await logIn(dana, 'human-dana');
});
afterAll(async () => {
  await Promise.all([agent, alice, bob, dana].map((one) => one.remove()));
  await services.stop();
});

async function logIn(who: Somebody, id: string): Promise<void> {
  const login = who.start('login', '--no-browser');
  await services.identityProvider.approveDevice(await codeIn(login), { id });
  expect((await login.result).code).toBe(0);
}

const codeIn = (command: Pick<ReturnType<Somebody['start']>, 'seen'>): Promise<string> =>
  eventually(() => {
    const found = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(command.seen())?.[0];
    if (found === undefined) throw new Error(`no code in: ${command.seen()}`);
    return found;
  });

async function ask(deployment = 'checkout', action = 'rollout-restart'): Promise<string> {
  const { stdout } = await agent.drawbridge(
    ...['request', `deployment/${deployment}`, '-c', 'prod-eks', '-a', action],
    ...['-n', 'payments', '-d', '15m', '-r', 'readiness probe failing', '-o', 'json'],
  );
  const { id } = AccessRequestView.parse(JSON.parse(stdout));
  await eventually(async () => expect((await alice.drawbridge('approvals')).stdout).toContain(id));
  return id;
}
const approve = async (who: Somebody, id: string, ...more: string[]) => {
  const { code, stdout, stderr } = await who.drawbridge('approve', id, ...more, '-o', 'json');
  return code === 0 ? ApprovalView.parse(JSON.parse(stdout)) : { code, said: stdout + stderr };
};

describe('approval in steps, with the real services', () => {
  it('grants what two humans of two groups approved, as short as one of them made it', async () => {
    const id = await ask();
    expect(await approve(dana, id)).toMatchObject({
      said: expect.stringContaining('owner_approval') as string,
    });
    expect(await approve(bob, id, '--step', 'audit')).toMatchObject({
      said: expect.stringContaining('step_not_open') as string,
    });
    expect((await bob.drawbridge('approvals')).stdout).toContain(id);
    expect(await approve(alice, id, '--duration', '5m')).toMatchObject({
      termsVersion: 1,
      terms: { durationSeconds: 300 },
      steps: [
        { name: 'on-call', missing: 0 },
        { name: 'audit', missing: 1, isOpen: true },
      ],
    });
    expect((await agent.drawbridge('status', id)).stdout).toMatch(
      /pending: needs on-call: 1 human of sre-oncall, then audit: 1 human of auditors/,
    );
    expect(await approve(bob, id)).toMatchObject({
      said: expect.stringContaining('terms_changed') as string,
    });
    expect(await approve(bob, id, '--terms', '1')).toMatchObject({ termsVersion: 1 });
    const { code, stdout } = await agent.drawbridge('status', id, '--wait', '-o', 'json');
    expect(code).toBe(0);
    const { status, terms, grant } = AccessRequestView.parse(JSON.parse(stdout));
    expect({ status, seconds: terms?.durationSeconds }).toEqual({
      status: 'granted',
      seconds: 300,
    });
    expect(Date.parse(grant?.endsAt ?? '') - Date.parse(grant?.startsAt ?? '')).toBe(300_000);
    await eventually(async () =>
      expect((await bob.drawbridge('grants')).stdout).toMatch(
        new RegExp(`${id} .*agent-oncall .*alice@corp.test, bob@corp.test`),
      ),
    );
    expect((await bob.drawbridge('grants', '--agent', 'agent-reader')).stdout).toBe(
      'no open grants\n',
    );
    const late = await alice.drawbridge('take-back', id);
    expect(late.stderr).toContain('request_not_pending');
  });

  it('carries a question to the agent that waits, and its answer back', async () => {
    const id = await ask('basket');
    const waiting = agent.start('status', id, '--wait=5m');
    const asked = await alice.drawbridge('ask', id, 'is', 'payments', 'down?\u001b[2J');
    expect(asked.stdout + asked.stderr).toContain('body_invalid');
    expect((await alice.drawbridge('ask', id, 'is payments', 'down?')).stdout).toMatch(
      /asked by alice@corp.test: is payments down\? \(/,
    );
    await eventually(() => {
      expect(waiting.seen()).toContain('alice@corp.test asks: is payments down?');
    });
    expect((await dana.drawbridge('ask', id, 'why?')).stderr).toContain('owner_approval');
    const answered = await agent.drawbridge('answer', id, 'checkout alone');
    expect(answered.stdout).toMatch(/is payments down\?\n {2}answer: checkout alone/);
    expect((await agent.drawbridge('answer', id, 'once more')).code).toBe(2);
    const { stdout } = await alice.drawbridge('deny', id, '--reason', 'look at the node first');
    expect(stdout).toContain('answer: checkout alone');
    expect((await waiting.result).code).toBe(5);
  });

  it('logs an approver in again where policy wants that, and grants what was approved so', async () => {
    const id = await ask('checkout', 'scale');
    const approving = alice.start('approve', id, '-o', 'json');
    const login = { id: 'human-alice', secondFactor: true };
    await services.identityProvider.approveDevice(await codeIn(approving), login);
    const { code, stdout } = await approving.result;
    expect(code).toBe(0);
    expect(ApprovalView.parse(JSON.parse(stdout)).approvals).toMatchObject([{ via: 'http' }]);
    expect((await agent.drawbridge('status', id, '--wait')).code).toBe(0);
  });

  it('approves nothing with a login that stays too weak', async () => {
    const id = await ask('cart', 'scale');
    const approving = bob.start('approve', id);
    await services.identityProvider.approveDevice(await codeIn(approving), { id: 'human-bob' });
    const { code, stderr } = await approving.result;
    expect(code).not.toBe(0);
    expect(stderr).toContain('step_up_too_weak');
    expect((await bob.drawbridge('deny', id)).code).toBe(0);
  });

  it('opens a step again when its approval is taken back', async () => {
    const id = await ask('cart');
    await approve(alice, id);
    const back = await alice.drawbridge('take-back', id);
    expect(back).toMatchObject({ code: 0 });
    expect(back.stdout).toMatch(/step on-call: 0 of 1 of sre-oncall, open/);
    expect(back.stdout).toMatch(/counts no more since/);
    expect((await alice.drawbridge('deny', id)).code).toBe(0);
    expect((await agent.drawbridge('status', id, '--wait')).code).toBe(5);
  });
});

describe('giving less', () => {
  it('drops a rule by the number that was shown', async () => {
    const { stdout } = await agent.drawbridge(
      ...['request', '-c', 'prod-eks', '-a', 'view', '-n', 'payments'],
      ...['-d', '15m', '-r', 'readiness probe failing', '-o', 'json'],
    );
    const { id } = AccessRequestView.parse(JSON.parse(stdout));
    await eventually(async () =>
      expect((await alice.drawbridge('approvals')).stdout).toContain(id),
    );
    const shown = await alice.drawbridge('approvals', id);
    const rules = [...shown.stdout.matchAll(/^ {2}rule (\d+): /gm)];
    expect(rules.length).toBeGreaterThan(1);
    const none = await alice.drawbridge('approve', id, '--namespace', 'default');
    expect(none).toMatchObject({ code: 2 });
    const less = await alice.drawbridge('approve', id, '--drop-rule', '1', '-o', 'json');
    const view = ApprovalView.parse(JSON.parse(less.stdout));
    expect(view).toMatchObject({ termsVersion: 1 });
    expect(view.terms.rules).toHaveLength(rules.length - 1);
    const stale = await bob.drawbridge('approve', id, '--drop-rule', '1');
    expect(stale.stderr).toContain('terms_changed');
    expect((await agent.drawbridge('withdraw', id)).code).toBe(0);
    expect((await alice.drawbridge('approvals', id)).stderr).toContain('does not wait for your');
  });
});

describe('a run of an agent', () => {
  it('takes what was asked for in it along when it ends', async () => {
    const { stdout } = await agent.drawbridge(
      ...['request', 'deployment/wagon', '-c', 'prod-eks', '-a', 'rollout-restart'],
      ...[
        '-n',
        'payments',
        '-d',
        '15m',
        '-r',
        'nightly job',
        '--run-id',
        'nightly-1',
        '-o',
        'json',
      ],
    );
    const { id } = AccessRequestView.parse(JSON.parse(stdout));
    expect((await agent.drawbridge('run', 'end', 'nightly-1')).stdout).toBe('ended: 1\n');
    const { stdout: text } = await agent.drawbridge('status', id);
    expect(text).toMatch(/withdrawn[^]*run +nightly-1/);
    expect((await agent.drawbridge('run', 'end', 'a b')).code).toBe(2);
  });
});

describe('a disabled agent', () => {
  it('is refused until an administrator enables it again', async () => {
    const id = await ask('trolley');
    const refused = await alice.drawbridge('agents', 'disable', 'agent-oncall', '-r', 'x');
    expect(refused.stderr).toContain('admins_only');
    const disabled = await bob.drawbridge('agents', 'disable', 'agent-oncall', '-r', 'runs wild');
    expect(disabled.stdout).toMatch(/agent-oncall .* bob@corp.test +runs wild/);
    expect((await agent.drawbridge('status', id)).stderr).toContain('token_subject_disabled');
    expect((await bob.drawbridge('agents', 'list')).stdout).toContain('agent-oncall');
    const enabled = await bob.drawbridge('agents', 'enable', 'agent-oncall', '-r', 'new secret');
    expect(enabled.stdout).toBe('no agent is disabled\n');
    expect((await agent.drawbridge('withdraw', id)).code).toBe(0);
  });
});
