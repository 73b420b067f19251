import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessRequestView, OpenReviewsView, ReviewView } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import { DEMO_AUDIENCE, takeStateDirectory } from '@drawbridge/laptop';
import { Closers } from '@drawbridge/runtime';
import { eventually, nativeTool } from '@drawbridge/testing';
import { z } from 'zod';
import { Composition } from '../src/composition.js';
import { startRecordingCluster, type RecordingCluster } from '../src/recording-cluster.js';
import { buildCli, runCli, terminalOf } from '../src/shipped-cli.js';

/** Nobody answers at night: Alice has access at once, everybody is told, and Bob says afterwards that it was right. */
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-glass-'));
const state = takeStateDirectory(join(directory, 'state'));
const home = join(directory, 'home');
const kubeconfig = join(directory, 'kubeconfig');
const patience = { timeoutMs: 60_000 };
const [alice, bob] = demoPeople.humans;
let cluster: RecordingCluster;
let composition: Composition;
let kubectl: string;
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  await buildCli();
  kubectl = await nativeTool('kubectl');
  cluster = await startRecordingCluster();
  closers.add(() => cluster.close());
  composition = await Composition.start(state, cluster.access);
  closers.add(() => composition.stop());
  writeFileSync(join(state.path, 'config', 'glass.yaml'), JSON.stringify(policy()));
});
afterAll(() => closers.close());

const policy = () => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Policy',
  metadata: { name: 'glass' },
  spec: {
    subjects: { groups: ['nobody-by-group'] },
    connections: { names: ['prod-eks'] },
    namespaces: ['payments'],
    actions: ['view'],
    maxDurationSeconds: 600,
    approval: { type: 'humans', groups: ['sre-oncall'] },
    breakGlass: {
      people: [alice.email],
      announce: [composition.standIns.slack.channelId],
      reviewGroups: ['auditors'],
    },
  },
});

type Human = (typeof demoPeople.humans)[number];
/** A token of a human who logged in so many seconds ago. */
function tokenOf({ id, email, groups }: Human, loggedIn: number): Promise<string> {
  const { identityProvider } = composition.standIns;
  const now = Math.floor(Date.now() / 1000);
  return identityProvider.sign({
    iss: identityProvider.issuer,
    sub: id,
    aud: DEMO_AUDIENCE,
    email,
    groups: [...groups],
    principal_type: 'human',
    iat: now,
    exp: now + 900,
    auth_time: now - loggedIn,
  });
}
const environment = (token: string) => terminalOf(home, composition, { DRAWBRIDGE_TOKEN: token });
/** A program that ended with another code than 0. */
const Failed = z.object({ stdout: z.string(), stderr: z.string() });
const drawbridge = (token: string, ...args: string[]) => runCli(environment(token), args);
const refusalOf = async (said: Promise<string>): Promise<string> => {
  const failed = await said.then(
    (stdout) => ({ stdout, stderr: 'it did not fail' }),
    (error: unknown) => Failed.parse(error),
  );
  return `${failed.stdout}${failed.stderr}`;
};
const reason = 'checkout is down and nobody answers the pager';
const asking = ['request', '-c', 'prod-eks', '-a', 'view', '-n', 'payments', '-d', '5m'];
const breakGlass = (token: string, ...more: string[]) =>
  drawbridge(token, ...asking, '-r', reason, '--break-glass', '-o', 'json', ...more);
/** What kubectl says when it lists the pods: what it lists, or why it may not. */
const kubectlSays = async (token: string): Promise<string> => {
  const where = ['--kubeconfig', kubeconfig, '--context', 'drawbridge-prod-eks'];
  const what = ['get', '--raw', '/api/v1/namespaces/payments/pods'];
  return run(kubectl, [...where, ...what], { env: environment(token) }).then(
    ({ stdout }) => stdout,
    (error: unknown) => Failed.parse(error).stderr,
  );
};
const reviewsFor = async (token: string): Promise<readonly string[]> => {
  const open = await drawbridge(token, 'reviews', 'list', '-o', 'json');
  return OpenReviewsView.parse(JSON.parse(open)).items.map(({ id }) => id);
};
const announcements = async (id: string): Promise<readonly string[]> => {
  const messages = await composition.standIns.slack.messages();
  return messages
    .filter(({ metadata }) => metadata?.event_payload['request_id'] === id)
    .map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`);
};

describe('when nobody answers at night', () => {
  it('a named human gets in at once, everybody is told, and somebody else reviews it', async () => {
    const [tired, fresh] = [await tokenOf(alice, 3600), await tokenOf(alice, 20)];
    const reviewer = await tokenOf(bob, 3600);
    await drawbridge(fresh, 'kubeconfig', '-c', 'prod-eks', '-f', kubeconfig);
    expect(await kubectlSays(fresh)).toContain('no open grant');

    // The policy may be a moment away; a login of an hour ago never does.
    await eventually(
      async () => expect(await refusalOf(breakGlass(tired))).toContain('step_up_too_old'),
      patience,
    );
    const { id, status, approvals, grant } = AccessRequestView.parse(
      JSON.parse(await breakGlass(fresh, '--wait=60s')),
    );
    expect({ status, approvals }).toStrictEqual({ status: 'granted', approvals: [] });
    await eventually(async () => expect(await kubectlSays(fresh)).toContain('"kind":'), patience);
    await eventually(async () => {
      const [card = ''] = await announcements(id);
      for (const word of ['Glass broken', alice.email, reason, 'red_circle'])
        expect(card).toContain(word);
    }, patience);

    await drawbridge(fresh, 'withdraw', id);
    await eventually(
      async () => expect(await kubectlSays(fresh)).toContain('was withdrawn'),
      patience,
    );
    await eventually(async () => expect(await reviewsFor(reviewer)).toContain(id), patience);

    const said = [
      'reviews',
      'complete',
      id,
      '--verdict',
      'justified',
      '--note',
      'the pager was off',
    ];
    expect(await refusalOf(drawbridge(fresh, ...said))).toContain('reviewer_not_allowed');
    const done = ReviewView.parse(JSON.parse(await drawbridge(reviewer, ...said, '-o', 'json')));
    expect(done).toMatchObject({ status: 'completed', completed: { by: bob.email } });
    await eventually(
      async () => expect(await drawbridge(fresh, 'status', id)).toContain('the pager was off'),
      patience,
    );
    await eventually(
      async () => expect((await announcements(id))[0]).toContain('Reviewed: justified'),
      patience,
    );
    const commands = ['audit', 'commands', '--grant', grant?.id ?? '', '-o', 'json'];
    await eventually(
      async () => expect(await drawbridge(reviewer, ...commands)).toContain('"verb": "list"'),
      patience,
    );
  });

  it('nobody else does, however they ask', async () => {
    const others = [
      await tokenOf(bob, 20),
      await tokenOf({ ...bob, email: alice.email }, 20),
      await composition.agentToken(),
    ];
    for (const token of others) {
      const told = await refusalOf(breakGlass(token, '--wait=60s'));
      expect(told).toContain('break_glass_not_allowed');
    }
  });
});
