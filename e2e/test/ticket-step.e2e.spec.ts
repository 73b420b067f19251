import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessRequestView } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import { DEMO_AUDIENCE, takeStateDirectory } from '@drawbridge/laptop';
import { Closers } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { z } from 'zod';
import { Composition } from '../src/composition.js';
import { startRecordingCluster, type RecordingCluster } from '../src/recording-cluster.js';
import { buildCli, runCli, terminalOf } from '../src/shipped-cli.js';

/** A change is approved in Jira and by on-call; then, and not before, the agent's grant can be used. */
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-ticket-'));
const state = takeStateDirectory(join(directory, 'state'));
const home = join(directory, 'home');
const patience = { timeoutMs: 60_000 };
const secret = 'only Jira and Drawbridge know this';
const apiVersion = 'drawbridge.dev/v1alpha1';
const pods = '/api/v1/namespaces/payments/pods';
let cluster: RecordingCluster;
let composition: Composition;
let jira: Jira;

const Told = z.object({
  data: z.object({
    accessRequestId: z.string(),
    approval: z
      .looseObject({ ticket: z.string(), termsVersion: z.int(), isOpen: z.boolean() })
      .optional(),
  }),
});
type Message = z.infer<typeof Told>['data'];

/** Jira as far as it matters: a rule takes messages, and a webhook tells what became of an issue. */
class Jira {
  readonly messages: Message[] = [];

  private constructor(readonly server: Server) {}

  static async start(): Promise<Jira> {
    const jira: Jira = new Jira(
      createServer((request, response) => {
        void text(request).then((body) => {
          jira.messages.push(Told.parse(JSON.parse(body)).data);
          response.writeHead(200).end();
        });
      }),
    );
    jira.server.listen(0, '127.0.0.1');
    await once(jira.server, 'listening');
    return jira;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/rule`;
  }

  /** What its people are shown once it is their turn. */
  shown(requestId: string): Message | undefined {
    return this.messages.find(
      ({ accessRequestId, approval }) => accessRequestId === requestId && approval?.isOpen === true,
    );
  }

  async move({ accessRequestId, approval }: Message, status: string): Promise<number> {
    const body = JSON.stringify({
      timestamp: Date.now(),
      user: { displayName: 'Carol Meyer' },
      issue: {
        key: approval?.ticket,
        fields: {
          status: { name: status },
          request: accessRequestId,
          terms: approval?.termsVersion,
        },
      },
    });
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const address = `${composition.standIns.addresses.approvals}/v1/ticket-callbacks/jira`;
    const headers = { 'x-hub-signature': `sha256=${signature}` };
    return (await fetch(address, { method: 'POST', headers, body })).status;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

const policy = {
  apiVersion,
  kind: 'Policy',
  metadata: { name: 'a-change' },
  spec: {
    subjects: { groups: demoPeople.agents[0].groups },
    connections: { names: ['prod-eks'] },
    namespaces: ['payments'],
    actions: ['view'],
    maxDurationSeconds: 900,
    ticket: { required: true, pattern: '^OPS-[0-9]+$' },
    approval: {
      type: 'steps',
      steps: [
        { name: 'on-call', groups: ['sre-oncall'] },
        { name: 'change', ticket: 'jira' },
      ],
    },
  },
};
const webhook = () => ({
  apiVersion,
  kind: 'Webhook',
  metadata: { name: 'jira' },
  spec: {
    url: jira.url,
    for: 'all',
    secretFile: 'jira-ours',
    allowInsecureHttp: true,
    inbound: {
      scheme: 'hub-sha256',
      secretFile: 'jira-theirs',
      request: '/issue/fields/request',
      ticket: '/issue/key',
      decision: '/issue/fields/status/name',
      approved: ['Approved'],
      denied: ['Declined'],
      by: '/user/displayName',
      seen: '/issue/fields/terms',
    },
  },
});
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  await buildCli();
  [cluster, jira] = [await startRecordingCluster(), await Jira.start()];
  closers.add(() => cluster.close());
  closers.add(() => jira.close());
  composition = await Composition.start(state, cluster.access);
  closers.add(() => composition.stop());
  const file = (name: string) => join(state.path, 'config', name);
  await writeFile(file('jira-ours'), `whsec_${Buffer.alloc(32, 1).toString('base64')}`);
  await writeFile(file('jira-theirs'), secret);
  await writeFile(
    file('ticket.yaml'),
    [policy, webhook()].map((one) => JSON.stringify(one)).join('\n---\n'),
  );
  // They read it when they start, so there is nothing to wait for.
  for (const service of ['policy', 'approval'] as const) {
    await composition.kill(service);
    await composition.startAgain(service);
  }
  await drawbridge('login', '--client-id', 'agent-oncall');
});
afterAll(() => closers.close());

const drawbridge = (...args: string[]) => {
  const { secret: own } = demoPeople.agents[0];
  return runCli(terminalOf(home, composition, { DRAWBRIDGE_CLIENT_SECRET: own }), args);
};
const asks = async (ticket: string): Promise<string> => {
  const what = ['request', '-c', 'prod-eks', '-a', 'view', '-n', 'payments', '-d', '5m'];
  const told = await drawbridge(...what, '-r', 'looking around', '-t', ticket, '-o', 'json');
  return AccessRequestView.parse(JSON.parse(told)).id;
};
const viewOf = async (id: string) =>
  AccessRequestView.parse(JSON.parse(await drawbridge('status', id, '-o', 'json')));
async function bobApproves(id: string): Promise<number> {
  const [, bob] = demoPeople.humans;
  const { identityProvider, addresses } = composition.standIns;
  const now = Math.floor(Date.now() / 1000);
  const token = await identityProvider.sign({
    ...{ iss: identityProvider.issuer, sub: bob.id, aud: DEMO_AUDIENCE, email: bob.email },
    ...{ groups: [...bob.groups], principal_type: 'human', iat: now, exp: now + 900 },
  });
  const answer = await fetch(`${addresses.approvals}/v1/access-requests/${id}/approve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  return answer.status;
}
const callStatus = async (): Promise<number> => {
  const { base, ca } = composition.gateway;
  const headers = { authorization: `Bearer ${await composition.agentToken()}` };
  return new Promise((resolve, reject) => {
    httpsRequest(`${base}${pods}`, { ca, agent: false, headers })
      .on('response', (answer) => {
        answer.resume();
        answer.on('close', () => resolve(answer.statusCode ?? 0));
      })
      .on('error', reject)
      .end();
  });
};
const shownTo = (id: string) =>
  eventually(() => {
    const message = jira.shown(id);
    if (message === undefined) throw new Error('Jira was not told that it is its turn');
    return message;
  }, patience);

describe('a change that Jira approves', () => {
  it('opens the bridge when on-call has said yes too, and not before', async () => {
    const id = await asks('OPS-42');
    await eventually(async () => expect(await bobApproves(id)).toBe(200), patience);
    const message = await shownTo(id);
    expect(message.approval).toMatchObject({ ticket: 'OPS-42', termsVersion: 0, step: 'change' });
    expect((await viewOf(id)).status).toBe('pending');
    expect(await callStatus()).toBe(403);
    expect(await jira.move(message, 'In Review')).toBe(204);
    expect(await jira.move(message, 'Approved')).toBe(204);
    await eventually(async () => expect((await viewOf(id)).status).toBe('granted'), patience);
    await eventually(async () => expect(await callStatus()).toBe(200), patience);
    const { tickets } = await viewOf(id);
    expect(tickets).toMatchObject([{ webhook: 'jira', ticket: 'OPS-42', by: 'Carol Meyer' }]);
    await drawbridge('withdraw', id);
  });

  it('stays closed when Jira says no, whoever says yes', async () => {
    const id = await asks('OPS-43');
    await eventually(async () => expect(await bobApproves(id)).toBe(200), patience);
    expect(await jira.move(await shownTo(id), 'Declined')).toBe(204);
    await eventually(async () => expect((await viewOf(id)).status).toBe('rejected'), patience);
    expect(await bobApproves(id)).toBe(409);
    expect(await callStatus()).toBe(403);
  });
});
