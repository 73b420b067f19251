import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlarmPage, type CallAlarmView } from '@drawbridge/contracts';
import { OwnCallKeys } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { expect } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { commandIdAt, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

export const GATEWAY = 'system:serviceaccount:drawbridge:gateway';
/** With which clusters send their logs. */
export const token = randomBytes(24).toString('base64url');
export const digest = createHash('sha256').update(token).digest('hex');
const connectionOf = (name: string, more: object = {}) =>
  JSON.stringify({
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Connection',
    metadata: { name },
    spec: {
      environment: 'test',
      server: 'https://cluster.test',
      credential: { type: 'bearerToken', file: 'token' },
      ...more,
    },
  });
const clusterAudit = { users: [GATEWAY, 'arn:aws:sts::1:assumed-role/gateway/*'] };

export const now = () => new Date();
export const newId = () => commandIdAt(now().toISOString());
export const startedNow = (id: string, change: object = {}) =>
  started(id, { at: now().toISOString(), ...change });
let microseconds = 0;
/** No two requests are received in the same microsecond. */
const instant = () => {
  microseconds = (microseconds + 1) % 1_000;
  return now()
    .toISOString()
    .replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
};

/** As a cluster logs it. */
export function eventOf(change: object = {}) {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: newId(),
    stage: 'ResponseComplete',
    requestURI:
      '/apis/apps/v1/namespaces/payments/deployments/checkout?fieldManager=kubectl-rollout',
    verb: 'patch',
    user: { username: GATEWAY, groups: ['system:serviceaccounts'] },
    sourceIPs: ['203.0.113.7'],
    userAgent: 'curl/8',
    objectRef: {
      resource: 'deployments',
      namespace: 'payments',
      name: 'checkout',
      apiGroup: 'apps',
      apiVersion: 'v1',
    },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: instant(),
    stageTimestamp: instant(),
    annotations: { 'authorization.k8s.io/decision': 'allow' },
    ...change,
  };
}

const documents = (log: string): readonly string[] => [
  connectionOf('prod-eks', {
    clusterAudit: { ...clusterAudit, file: log, tokenDigests: [`sha256:${digest}`] },
  }),
  connectionOf('staging', {
    clusterAudit: { ...clusterAudit, tokenDigests: [`sha256:${digest}`] },
    identity: { mode: 'impersonate' },
  }),
  ...['large', 'malformed'].map((name) =>
    connectionOf(name, { clusterAudit: { ...clusterAudit, tokenDigests: [`sha256:${digest}`] } }),
  ),
  connectionOf('plain'),
];

interface Parts {
  readonly directory: string;
  /** Which audit follows, of `prod-eks`. */
  readonly log: string;
  readonly keys: OwnCallKeys;
  readonly audit: TestAudit;
}

/** Audit that is told what clusters saw, by their logs and by themselves. */
export class ClusterAuditRig implements Parts {
  readonly directory: string;
  readonly log: string;
  readonly keys: OwnCallKeys;
  readonly audit: TestAudit;

  private constructor({ directory, log, keys, audit }: Parts) {
    this.directory = directory;
    this.log = log;
    this.keys = keys;
    this.audit = audit;
  }

  static async start(): Promise<ClusterAuditRig> {
    const directory = mkdtempSync(join(tmpdir(), 'drawbridge-cluster-audit-'));
    const log = join(directory, 'audit.log');
    const keysFile = join(directory, 'own-call-keys');
    writeFileSync(keysFile, randomBytes(32).toString('base64'));
    const keys = OwnCallKeys.read('OWN_CALL_KEYS_FILE', keysFile);
    writeFileSync(join(directory, 'connections.yaml'), documents(log).join('\n---\n'));
    writeFileSync(log, `${JSON.stringify(eventOf({ auditID: 'of before audit was there' }))}\n`);
    const audit = await startTestAudit({ CONFIG_DIR: directory, OWN_CALL_KEYS_FILE: keysFile });
    // The log is followed from its end: from here on.
    await eventually(async () =>
      expect(await audit.store.rows('SELECT * FROM drawbridge.cluster_log_positions')).toHaveLength(
        1,
      ),
    );
    return new ClusterAuditRig({ directory, log, keys, audit });
  }

  async stop(): Promise<void> {
    await this.audit.stop();
    rmSync(this.directory, { recursive: true });
  }

  send(connection: string, body: unknown, authorization = `Bearer ${token}`): Promise<Response> {
    return fetch(`${this.audit.url()}/v1/cluster-audit/${connection}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async tell(connection: string, ...items: object[]): Promise<unknown> {
    const answer = await this.send(connection, {
      kind: 'EventList',
      apiVersion: 'audit.k8s.io/v1',
      items,
    });
    expect(answer.status).toBe(200);
    return answer.json();
  }

  asAuditor(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.audit.url()}/v1/audit/${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${tokenOf('bob', 'human', ['auditors'])}`,
        'content-type': 'application/json',
      },
    });
  }

  async alarms(query = '?state=all&limit=1000'): Promise<CallAlarmView[]> {
    const page = AlarmPage.parse(await (await this.asAuditor(`alarms${query}`)).json());
    return page.items.flatMap((alarm) => ('call' in alarm ? [alarm] : []));
  }

  async alarmsOf(auditId: string): Promise<CallAlarmView[]> {
    return (await this.alarms()).filter((alarm) => alarm.auditId === auditId);
  }

  async lossesOf(connection: string): Promise<string[]> {
    return (await this.alarms())
      .filter((one) => one.connection === connection)
      .map(({ reason }) => reason);
  }

  /** Once this has been found, all that was told before has been judged. */
  async settled(): Promise<void> {
    const auditID = `marker ${randomBytes(8).toString('hex')}`;
    await this.tell('prod-eks', eventOf({ auditID }));
    await eventually(async () => expect(await this.alarmsOf(auditID)).toHaveLength(1), {
      timeoutMs: 45_000,
    });
  }
}
