import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer, request, type RequestOptions, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlarmPage, AuditCommandPage, UnseenPage, type CallAlarmView } from '@drawbridge/contracts';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { DEMO_CONNECTION } from '@drawbridge/laptop';
import { Closers } from '@drawbridge/runtime';
import { eventually, nativeTool } from '@drawbridge/testing';
import { HostileTokens } from '../src/hostile-tokens.js';
import { startWideGateway, type WideGateway } from '../src/wide-gateway.js';

/** Somebody has the credential of the gateway. A real API server says in its own log, as a file and as a webhook, what they do. */
const run = promisify(execFile);
const WAIT = { timeoutMs: 60_000 };
const directory = mkdtempSync(join(tmpdir(), 'drawbridge-stolen-'));
const webhookToken = randomBytes(24).toString('base64url');
const digest = createHash('sha256').update(webhookToken).digest('hex');
const users = ['system:serviceaccount:default:drawbridge-gateway'];

let gateway: WideGateway;
let kubectl: string;
let auditor: string;
/** Where the API server sends its log before anybody knows where audit will be. */
let relay: Server;
let auditAddress: string | undefined;
let relayed = 0;
let followedAt: Date;
/** Ids of calls that are alarms, and nothing but a sign of how far everything has been judged. */
const markers = new Set<string>();
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  kubectl = await nativeTool('kubectl');
  // It shows no token where nobody has shown a certificate.
  const authority = await createCertificateAuthority('relay');
  const { certificate, key } = await authority.issueServer(['127.0.0.1']);
  relay = createServer({ cert: certificate, key }, (incoming, answer) => {
    if (auditAddress === undefined) {
      answer.writeHead(503, { 'retry-after': '1' }).end();
      return;
    }
    const url = `${auditAddress}/v1/cluster-audit/${DEMO_CONNECTION}`;
    const { authorization = '', 'content-type': type = '' } = incoming.headers;
    const headers = { authorization, 'content-type': type, 'transfer-encoding': 'chunked' };
    const outgoing = httpRequest(url, { method: incoming.method, headers }, (theirs) => {
      if (theirs.statusCode === 200) relayed += 1;
      answer.writeHead(theirs.statusCode ?? 502);
      theirs.pipe(answer);
    });
    outgoing.on('error', () => answer.writeHead(502).end());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => {
    relay.listen(0, '127.0.0.1', resolve);
  });
  closers.add(() => relay.close());
  closers.add(() => relay.closeAllConnections());
  const { port } = relay.address() as AddressInfo;
  const log = join(directory, 'audit.log');
  gateway = await startWideGateway({
    apiserverArguments: apiserverArguments(log, { port, ca: authority.certificate }),
    connection: {
      identity: { mode: 'impersonate', ephemeralRbac: true },
      clusterAudit: { users, file: log, tokenDigests: [`sha256:${digest}`] },
    },
  });
  closers.add(() => gateway.stop());
  auditAddress = gateway.laptop.addresses.audit;
  auditor = await new HostileTokens(gateway.laptop.identityProvider).human('bob', ['auditors']);
  // The log is followed from its end: from some moment behind the change of the Connection on.
  await eventually(async () => {
    await steal('/version', { 'audit-id': marker() });
    expect((await alarms()).length).toBeGreaterThan(0);
  }, WAIT);
  followedAt = new Date();
});
afterAll(() => closers.close());

/** As docs/reconcile.md says. */
function apiserverArguments(log: string, to: { port: number; ca: string }): string[] {
  const policy = join(directory, 'policy.yaml');
  writeFileSync(
    policy,
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{ level: Metadata }]\n',
  );
  const webhook = join(directory, 'webhook.kubeconfig');
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'drawbridge',
    clusters: [
      {
        name: 'drawbridge',
        cluster: {
          server: `https://127.0.0.1:${to.port}/`,
          'certificate-authority-data': Buffer.from(to.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'apiserver', user: { token: webhookToken } }],
    contexts: [{ name: 'drawbridge', context: { cluster: 'drawbridge', user: 'apiserver' } }],
  };
  writeFileSync(webhook, JSON.stringify(kubeconfig));
  return [
    `--audit-policy-file=${policy}`,
    `--audit-log-path=${log}`,
    `--audit-webhook-config-file=${webhook}`,
    '--audit-webhook-batch-max-wait=1s',
  ];
}

const asAuditor = async (path: string): Promise<unknown> => {
  const url = `${gateway.laptop.addresses.audit}/v1/audit/${path}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${auditor}` } });
  return answer.json();
};
const alarms = async (): Promise<readonly CallAlarmView[]> =>
  AlarmPage.parse(await asAuditor('alarms?state=all&limit=1000')).items.flatMap((alarm) =>
    'call' in alarm ? [alarm] : [],
  );
const alarmOf = (auditId: string) =>
  eventually(async () => {
    const [alarm] = (await alarms()).filter((each) => each.auditId === auditId);
    if (alarm === undefined) throw new Error('no alarm yet');
    return alarm;
  }, WAIT);

/** Past the gateway, with what it shows to the cluster. */
function steal(path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const { credential, controlPlane } = gateway;
  const token = 'token' in credential ? credential.token : '';
  const options: RequestOptions = {
    ca: controlPlane.certificateAuthority,
    headers: { authorization: `Bearer ${token}`, 'user-agent': 'drawbridge', ...headers },
  };
  return new Promise((resolve, reject) => {
    request(`${controlPlane.server}${path}`, options, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}
const through = (...args: string[]) => run(kubectl, ['--kubeconfig', gateway.kubeconfig, ...args]);
/** The command that has just been run on this object; `known` are those of before. */
const commandOn = async (name: string, ...known: readonly string[]) =>
  eventually(async () => {
    const { items } = AuditCommandPage.parse(await asAuditor(`commands?name=${name}&verb=get`));
    const [found] = items.filter(({ id }) => !known.includes(id));
    if (found === undefined) throw new Error('not stored yet');
    return found;
  }, WAIT);
const marker = (): string => {
  const id = randomUUID();
  markers.add(id);
  return id;
};
/** Everything that was done before has been judged once this has. */
const settled = async () => {
  const id = marker();
  await steal('/version', { 'audit-id': id });
  return alarmOf(id);
};

describe('an alarm', () => {
  it('is raised by nothing that goes through the gateway, nor by what it asks for itself', async () => {
    await through('create', 'configmap', 'one', '--from-literal=a=b', '-n', 'default');
    await through('get', 'configmap', 'one', '-n', 'default');
    await through('patch', 'configmap', 'one', '-n', 'default', '-p', '{"data":{"a":"c"}}');
    await through('apply', '--dry-run=server', '-n', 'default', '-f', manifest());
    await through('run', 'checkout', '--image=app:1', '--restart=Never', '-n', 'default');
    await through(
      'wait',
      '--for=condition=Ready',
      'pod/checkout',
      '-n',
      'default',
      '--timeout=60s',
    );
    await through('logs', 'checkout', '-n', 'default');
    await through('exec', 'checkout', '-n', 'default', '--', 'true');
    await through('get', 'pods', '-A', '--selector=a=b');
    await through('api-resources');
    await through('delete', 'configmap', 'one', '-n', 'default');
    await settled();
    const others = (await alarms()).filter(({ auditId }) => !markers.has(auditId));
    expect(others).toStrictEqual([]);
    // The gateway made Roles there for the grant, and looked whether they count.
    const { stdout } = await run(kubectl, [
      ...['--kubeconfig', gateway.controlPlane.kubeconfig, 'get', 'clusterroles', '-o', 'name'],
    ]);
    expect(stdout).toContain('clusterrole.rbac.authorization.k8s.io/drawbridge-');
    await eventually(() => expect(relayed).toBeGreaterThan(0), WAIT);
  });

  it('is raised by a call with the stolen credential', async () => {
    const before = new Date();
    expect(await steal('/api/v1/namespaces/default/secrets?x=sesame')).toBe(200);
    const alarm = await eventually(async () => {
      const found = (await alarms()).find(({ call }) => call.resource === 'secrets');
      if (found === undefined) throw new Error('no alarm yet');
      return found;
    }, WAIT);
    expect(alarm).toMatchObject({
      connection: DEMO_CONNECTION,
      reason: 'no_such_command',
      call: { verb: 'list', user: users[0], path: '/api/v1/namespaces/default/secrets' },
    });
    expect(Date.parse(alarm.call.receivedAt)).toBeGreaterThan(before.getTime() - 10_000);
    expect(JSON.stringify(alarm)).not.toContain('sesame');
    expect(gateway.logged()).toContain('not on the record');
  });

  it('is raised when it comes with the id of a command, for something else or the same once more', async () => {
    await through('create', 'configmap', 'two', '-n', 'default');
    const headersOf = (id: string, grant = ''): Record<string, string> => ({
      'audit-id': id,
      'impersonate-user': 'drawbridge:x#y',
      'impersonate-extra-drawbridge.dev%2Fcommand': id,
      'impersonate-extra-drawbridge.dev%2Fgrant': grant,
    });
    const path = '/api/v1/namespaces/default/configmaps/two';
    await through('get', 'configmap', 'two', '-n', 'default');
    const first = await commandOn('two');
    await steal('/api/v1/namespaces/default/secrets', headersOf(first.id, first.grantId));
    expect(await alarmOf(first.id)).toMatchObject({ reason: 'other_call', commandId: first.id });

    await through('get', 'configmap', 'two', '-n', 'default');
    const again = await commandOn('two', first.id);
    await steal(path, headersOf(again.id, again.grantId));
    expect(await alarmOf(again.id)).toMatchObject({ reason: 'id_used_again' });
  });

  it('is raised when it comes with the mark of a call of the gateway itself', async () => {
    const since = `connection=${DEMO_CONNECTION}&since=${followedAt.toISOString()}`;
    const seen = UnseenPage.parse(await asAuditor(`unseen?${since}`));
    // What went through is in the log of the cluster; a read that was sent once more is there under another id.
    expect(seen.items.length).toBeLessThan(3);
    const forged = randomUUID().replace(/^(.{14})4/, '$18');
    await steal('/apis/rbac.authorization.k8s.io/v1/clusterroles', { 'audit-id': forged });
    expect(await alarmOf(forged)).toMatchObject({ reason: 'no_such_command' });
  });
});

function manifest(): string {
  const file = join(directory, 'manifest.json');
  const metadata = { name: 'three' };
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} }));
  return file;
}
