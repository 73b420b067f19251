import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AccessRequestView, type CommandRecord } from '@drawbridge/contracts';
import { loadConfiguration } from '@drawbridge/configuration';
import { demoPeople } from '@drawbridge/embedded';
import { compileGuardrails } from '@drawbridge/guardrails';
import { recordCommands } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCli, Somebody } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

let services: RealServices;
let bob: Somebody;
let alice: Somebody;
let agent: Somebody;
let grantId: string;

type Started = Extract<CommandRecord, { type: 'CommandStarted' }>;
let minute = 0;

/** A command that was allowed, a minute after the one before. */
function command(change: Partial<Started>): Started {
  minute += 1;
  const at = new Date(Date.now() - 3_600_000 + minute * 60_000);
  return {
    ...{ type: 'CommandStarted', commandId: uuidV7(at), at: at.toISOString() },
    ...{ connection: 'prod-eks', clientAddress: '127.0.0.1', userAgent: 'kubectl' },
    agent: {
      ...{ kind: 'agent', issuer: services.identityProvider.issuer, subject: 'agent-oncall' },
      groups: ['oncall-agents'],
    },
    ...{ grantId, method: 'PATCH', verb: 'patch', path: '/apis/apps/v1/x', query: '' },
    ...{ apiGroup: 'apps', apiVersion: 'v1', resource: 'deployments', subresource: '' },
    ...{ namespace: 'payments', name: 'checkout', policyVersion: '0123456789ab' },
    contentType: 'application/merge-patch+json',
    decision: { effect: 'allow', reason: 'grant_allows', message: '' },
    ...change,
  };
}

const ofDelete = { method: 'DELETE', verb: 'delete', contentType: 'application/json' };
const exec = (words: string) => ({
  ...{ method: 'POST', verb: 'create', apiGroup: '', resource: 'pods', subresource: 'exec' },
  ...{ name: 'web-0', contentType: '', query: words },
});
const connectionDocument = `
apiVersion: drawbridge.dev/v1alpha1
kind: Connection
metadata: { name: prod-eks, labels: { tier: gold } }
spec: { environment: production, server: https://127.0.0.1:6443, credential: { type: bearerToken, file: token } }
`;
const rules: Readonly<Record<string, string>> = {
  deletes: '{ name: deletes, match: { verbs: [delete], dryRun: false }, action: deny, reason: no }',
  zero: '{ name: zero, match: { verbs: [patch] }, when: object.spec.replicas == 0, action: deny, reason: no }',
  rm: '{ name: rm, match: { exec: { programs: [rm] } }, action: hold, reason: no }',
  ticket:
    '{ name: ticket, match: { verbs: [list], grants: { ticket: true, policies: ["*"] } }, action: warn, reason: no }',
  gold: '{ name: gold, match: { verbs: [watch], connections: { labels: { tier: gold } } }, action: mask, reason: no }',
};

/** A configuration directory of some of the rules. */
async function policy(name: string, ...names: string[]): Promise<string> {
  const directory = join(bob.home, name);
  await mkdir(directory, { recursive: true });
  const list = names.map((one) => `    - ${rules[one] ?? ''}\n`).join('');
  await writeFile(
    join(directory, 'guardrails.yaml'),
    `apiVersion: drawbridge.dev/v1alpha1\nkind: Guardrail\nmetadata: { name: g }\nspec:\n  rules:\n${list}`,
  );
  await writeFile(join(directory, 'connection.yaml'), connectionDocument);
  await writeFile(join(directory, 'token'), 'secret', { mode: 0o600 });
  return directory;
}

async function logIn(id: string): Promise<Somebody> {
  const who = await Somebody.with({ DRAWBRIDGE_URL: services.server });
  const login = who.start('login', '--no-browser');
  const code = await eventually(() => {
    const found = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(login.seen())?.[0];
    if (found === undefined) throw new Error(`no code in: ${login.seen()}`);
    return found;
  });
  await services.identityProvider.approveDevice(code, { id });
  expect(await login.result).toMatchObject({ code: 0 });
  return who;
}

/** A grant with a ticket, as agents get them. */
async function getGrant(): Promise<string> {
  const { secret } = demoPeople.agents.find(({ id }) => id === 'agent-oncall')!;
  const env = { DRAWBRIDGE_URL: services.server, DRAWBRIDGE_CLIENT_SECRET: secret };
  agent = await Somebody.with(env);
  await agent.drawbridge('login', '--client-id', 'agent-oncall');
  const asked = await agent.drawbridge(
    ...['request', 'deployment/checkout', '-c', 'prod-eks', '-a', 'rollout-restart'],
    ...[
      '-n',
      'payments',
      '-d',
      '15m',
      '-r',
      'readiness probe failing',
      '-t',
      'INC-1',
      '-o',
      'json',
    ],
  );
  const { id } = AccessRequestView.parse(JSON.parse(asked.stdout));
  return eventually(async () => {
    const said = await alice.drawbridge('approve', id);
    const { stdout } = await agent.drawbridge('status', id, '-o', 'json');
    const found = AccessRequestView.parse(JSON.parse(stdout)).grant?.id;
    if (found === undefined) throw new Error(`not granted yet: ${said.stderr}${stdout}`);
    return found;
  });
}

const deceptive = 'db\u001b[2J\u202e';

beforeAll(async () => {
  await buildCli();
  services = await startRealServices();
  [alice, bob] = await Promise.all([logIn('human-alice'), logIn('human-bob')]);
  grantId = await getGrant();
  const commands: CommandRecord[] = [
    command({ ...ofDelete, dryRun: false, name: deceptive }),
    command({ ...ofDelete, dryRun: true }),
    command({ name: 'api' }),
    command(exec('command=sh&command=-c&command=rm+-rf+%2Fdata&container=app')),
    command(exec('command=ls')),
    command({ method: 'GET', verb: 'list', name: '' }),
    command({ method: 'GET', verb: 'watch', name: '' }),
    {
      ...command({ ...ofDelete, dryRun: false }),
      type: 'CommandRefused',
      statusCode: 403,
      decision: { effect: 'deny', reason: 'guardrail_denied', message: 'no' },
      rule: 'old/deletes',
      matched: [{ rule: 'old/deletes', action: 'deny' }],
    },
    {
      ...command(ofDelete),
      type: 'CommandRefused',
      statusCode: 403,
      policyVersion: undefined,
      decision: { effect: 'deny', reason: 'grant_missing', message: 'no' },
    },
  ];
  await recordCommands(services.connection, ...commands);
  await eventually(async () => {
    const { stdout } = await bob.drawbridge('audit', 'commands', '-o', 'json');
    expect((JSON.parse(stdout) as { items: unknown[] }).items).toHaveLength(commands.length);
    const events = await bob.drawbridge('audit', 'events', '--type', 'GrantIssued');
    expect(events.stdout).toContain('GrantIssued');
  });
});
afterAll(async () => {
  await Promise.all([agent, alice, bob].map((one) => one.remove()));
  await services.stop();
});

const diff = (...args: string[]) => bob.drawbridge('policy', 'diff', ...args);
interface Shown {
  readonly counts: readonly number[];
  readonly changes: readonly string[];
}
async function shown(...args: string[]): Promise<Shown> {
  const { code, stdout, stderr } = await diff(...args, '-o', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = JSON.parse(stdout) as Record<string, number> & {
    changes: { before: string; after: string; rules: string[]; count: number }[];
  };
  return {
    counts: ['commands', 'notJudged', 'unchanged', 'changed', 'untold'].map(
      (name) => report[name] ?? -1,
    ),
    changes: report.changes
      .map(({ before, after, rules: by, count }) => `${count} ${before}>${after} ${by.join()}`)
      .sort(),
  };
}

describe('drawbridge policy diff', () => {
  it('says what another policy would have decided than was decided', async () => {
    const all = await policy('all', ...Object.keys(rules));
    expect(await shown('--config', all, '--since', '2h')).toEqual({
      counts: [9, 1, 3, 4, 1],
      changes: [
        '1 allow>deny g/deletes',
        '1 allow>hold g/rm',
        '1 allow>mask g/gold',
        '1 allow>warn g/ticket',
      ],
    });
  });

  it('compares two policies, and takes what is the same on both sides for unchanged', async () => {
    const old = await policy('old', 'deletes', 'zero', 'gold');
    const changed = await policy('changed', 'zero', 'rm', 'gold');
    expect(await shown('--config', changed, '--against', old, '--since', '2h')).toEqual({
      counts: [9, 1, 5, 3, 0],
      changes: ['1 allow>hold g/rm', '2 deny>allow g/deletes'],
    });
    expect((await shown('--config', old, '--against', old, '--since', '2h')).counts).toEqual([
      ...[9, 1, 8, 0, 0],
    ]);
  });

  it('ends with 1 for changes when asked to, and only then', async () => {
    const changed = await policy('with-rm', 'rm');
    const args = ['--config', changed, '--since', '2h', '--exit-code'];
    expect(await diff(...args)).toMatchObject({ code: 1 });
    expect(await diff(...args, '--namespace', 'elsewhere')).toMatchObject({ code: 0 });
    expect(await diff(...args, '--against', changed)).toMatchObject({ code: 0 });
  });

  it('shows the decisions in a table, with text of agents neutralised', async () => {
    const { stdout } = await diff('--config', await policy('two', 'deletes', 'zero'));
    expect(stdout).toMatch(/allow -> deny +1 +g\/deletes/);
    expect(stdout).toMatch(/needs the body +1 +g\/zero/);
    expect(stdout).toContain('db\\u{1b}[2J\\u{202e}');
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  });

  it('prints a line of JSON for each decision, whatever the limit', async () => {
    const all = await policy('all', ...Object.keys(rules));
    const { stdout, stderr } = await diff('--config', all, '--limit', '0', '-o', 'jsonl');
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(5);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    expect(stderr).toContain('9 commands: 4 changed, 1 cannot be told');
    const table = await diff('--config', all, '--limit', '0');
    expect(table.stdout).toContain('… and 4 more changed decisions');
  });

  it('shows nothing to anybody but auditors', async () => {
    const config = await policy('all', ...Object.keys(rules));
    for (const who of [agent, alice]) {
      const { code, stdout, stderr } = await who.drawbridge('policy', 'diff', '--config', config);
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toContain('auditor_required');
    }
    const stranger = await Somebody.with({ DRAWBRIDGE_URL: services.server });
    const { code, stdout } = await stranger.drawbridge('policy', 'diff', '--config', config);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    await stranger.remove();
  });

  it.each([
    [['--config', '/nowhere']],
    [[]],
    [['--config', 'all', '--since', 'yesterday']],
    [['--config', 'all', '--limit', 'all']],
    [['--config', 'all', '--against', 'old', '--recorded']],
    [['--config', 'all', '--connection', '']],
  ])('refuses %j', async (args) => {
    const { code, stdout } = await diff(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('takes what was decided of a body from the record, where it knows the guardrails of then', async () => {
    const then = await policy('in-force', 'zero', 'rm');
    const { guardrails } = await loadConfiguration(then, { only: ['Guardrail', 'Connection'] });
    const { version } = compileGuardrails(guardrails);
    const scaled = { namespace: 'recorded', policyVersion: version };
    await recordCommands(
      services.connection,
      command({ ...scaled, name: 'to-two' }),
      {
        ...command({ ...scaled, name: 'to-zero' }),
        ...{ type: 'CommandRefused', statusCode: 403 },
        decision: { effect: 'deny', reason: 'guardrail_denied', message: 'no' },
        rule: 'g/zero',
        matched: [{ rule: 'g/zero', action: 'deny' }],
      },
      command({ ...scaled, name: 'before-that', policyVersion: '0123456789ab' }),
    );
    const where = ['--namespace', 'recorded', '--since', '2h'];
    await eventually(async () => {
      const { stdout } = await diff('--config', then, ...where, '-o', 'json');
      expect(JSON.parse(stdout)).toMatchObject({ commands: 3 });
    });
    const held = await policy('held', 'zero', 'rm');
    const file = join(held, 'guardrails.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('action: deny', 'action: hold'));
    expect(await shown('--config', held, '--against', then, ...where)).toEqual({
      counts: [3, 0, 1, 1, 1],
      changes: ['1 deny>hold g/zero'],
    });
    const { stdout } = await diff('--config', held, '--against', then, ...where);
    expect(stdout).toMatch(/cannot be told +1 \(without the body 1\)/);
    expect(stdout).toMatch(/before-that +the body +g\/zero/);
  });
});
