import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldView, type AccessTerms } from '@drawbridge/contracts';
import type { HoldEventType, RecordedHold } from './recorded-hold.js';
import { holdEventStore } from '@drawbridge/jetstream';
import type { RunningService } from '@drawbridge/runtime';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { eventually, nativeTool, repositoryRoot, sourceProgram } from '@drawbridge/testing';
import { agentKubeconfig, kubectlWith, type Kubectl } from '../agent-kubeconfig.js';
import { everything, startGateway, type Gateway } from '../gateway-under-test.js';
import { TestIssuer } from '../test-issuer.js';

const CLUSTER_TOKEN = 'cluster-token-3c9d';
/** Of the agents; so nobody's approver. */
export const owner = 'dana@corp.test';
export const approver = 'alice@corp.test';

const rules = (reason: string) => `apiVersion: drawbridge.dev/v1alpha1
kind: Guardrail
metadata:
  name: test
spec:
  rules:
    - name: namespaces
      match: { verbs: [delete], apiGroups: [''], resources: [namespaces], dryRun: false }
      action: hold
      reason: ${reason}
      suggestion: Delete what is in it one by one
    - name: deployments
      match: { verbs: [create, update, patch, delete, deletecollection], apiGroups: [apps], resources: [deployments, deployments/scale], dryRun: false }
      action: hold
      reason: ${reason}
    - name: secrets
      match: { verbs: [create, update, patch, delete], apiGroups: [''], resources: [secrets], dryRun: false }
      action: hold
      reason: ${reason}
    - name: settings
      match: { verbs: [delete], apiGroups: [''], resources: [configmaps], dryRun: false }
      action: hold
      reason: ${reason}
      approvers: { groups: [release-managers], count: 2 }
    - name: pods
      match: { verbs: [create, delete], apiGroups: [''], resources: [pods, pods/eviction], dryRun: false }
      action: hold
      reason: ${reason}
    - name: sessions
      match: { verbs: [create], apiGroups: [''], resources: [pods/exec] }
      action: hold
      reason: ${reason}
`;

export interface HoldsOptions {
  readonly namespaces: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Behind the gateway instead of the sandbox cluster, which is empty then. */
  readonly behind?: {
    readonly server: string;
    readonly certificateAuthority: string;
    readonly token: string;
  };
  readonly launch?: (settings: Readonly<Record<string, string>>) => Promise<RunningService>;
}

/** An agent with an ordinary kubeconfig, and a grant that humans have approved. */
export interface AgentUnderTest {
  readonly subject: string;
  readonly token: string;
  readonly grantId: string;
  readonly requestId: string;
  readonly kubectl: Kubectl;
  readonly kubeconfig: string;
}

/** A real proxy, approval service, NATS and sandbox cluster, and rules that hold calls. */
export interface HoldsUnderTest {
  readonly gateway: Gateway;
  readonly cluster: SandboxCluster;
  readonly kubectlPath: string;
  /** `terms`: more of them than every grant has. */
  agent(terms?: Pick<AccessTerms, 'onBehalfOf'>): Promise<AgentUnderTest>;
  /** HTTP status of a human's decision; of whoever `token` is for. */
  decide(holdId: string, verb: 'approve' | 'deny', token?: string): Promise<number>;
  /** What an approver is shown. */
  shown(holdId: string): Promise<HoldView>;
  humanToken(email: string, groups?: readonly string[]): string;
  /** All holds under a grant, oldest first. */
  holdsOf(agent: AgentUnderTest): Promise<RecordedHold[]>;
  /** Waits for so many holds under a grant; the last of them. */
  held(agent: AgentUnderTest, count?: number): Promise<RecordedHold>;
  /** Waits until so many calls wait with their connections open, at these proxies. */
  waiting(count: number, proxies?: readonly RunningService[]): Promise<void>;
  /** Waits until a hold has all of these events, and no others. */
  ends(holdId: string, ...types: HoldEventType[]): Promise<void>;
  changePolicy(reason: string): Promise<void>;
  close(): Promise<void>;
}

export async function startHolds(options: HoldsOptions): Promise<HoldsUnderTest> {
  const kubectlPath = await nativeTool('kubectl');
  const cluster = await startSandboxCluster({
    namespaces: [...options.namespaces],
    adminToken: CLUSTER_TOKEN,
  });
  const { server, certificateAuthority, token } = options.behind ?? {
    server: cluster.address,
    certificateAuthority: cluster.certificateAuthority,
    token: CLUSTER_TOKEN,
  };
  const gateway = await startGateway({
    connections: [
      {
        name: 'prod-eks',
        server,
        certificateAuthority,
        credential: 'type: bearerToken\nfile: cluster.token',
      },
    ],
    ...(options.variables !== undefined && { variables: options.variables }),
    ...(options.launch !== undefined && { launch: options.launch }),
  });
  await writeFile(join(gateway.directory, 'cluster.token'), token);
  const humans = new TestIssuer('https://humans.corp.test');
  const agents = gateway.issuer.trusted({
    owners: Object.fromEntries(names(40).map((name) => [name, owner])),
  });
  await gateway.publishTrust([
    agents,
    humans.trusted({ claims: { kind: 'human', groups: '/groups', email: '/sub' } }),
  ]);
  const approval = await startApproval(gateway);
  const world = new Holds({ gateway, cluster, kubectlPath, humans, approval });
  await world.changePolicy('somebody should look at this');
  return world;
}

async function callsHeldBy({ addresses }: RunningService): Promise<number> {
  const answer = await fetch(`${addresses['http'] ?? ''}/readyz`);
  const { figures } = (await answer.json()) as { figures: Record<string, number> };
  return figures['callsHeld'] ?? 0;
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `agent-${index + 1}`);

interface Parts {
  readonly gateway: Gateway;
  readonly cluster: SandboxCluster;
  readonly kubectlPath: string;
  readonly humans: TestIssuer;
  readonly approval: { readonly url: string; readonly child: ChildProcess };
}

class Holds implements HoldsUnderTest {
  readonly gateway: Gateway;
  readonly cluster: SandboxCluster;
  readonly kubectlPath: string;
  readonly #parts: Parts;
  #agents = 0;

  constructor(parts: Parts) {
    this.gateway = parts.gateway;
    this.cluster = parts.cluster;
    this.kubectlPath = parts.kubectlPath;
    this.#parts = parts;
  }

  async agent(terms: Pick<AccessTerms, 'onBehalfOf'> = {}): Promise<AgentUnderTest> {
    this.#agents += 1;
    const subject = `agent-${this.#agents}`;
    const { gateway } = this;
    const { grantId, requestId } = await gateway.grant({ subject });
    const { issuer } = gateway.issuer;
    await gateway.append(requestId, {
      type: 'AccessRequestValidated',
      data: {
        policy: { name: 'test', version: 'test' },
        requester: { kind: 'agent', issuer, subject, groups: [] },
        terms: {
          connection: 'prod-eks',
          environment: 'production',
          rules: [everything],
          durationSeconds: 600,
          reason: 'checkout answers 500',
          ticket: 'INC-4711',
          ...terms,
        },
        cuts: [],
        approval: {
          type: 'humans',
          count: 1,
          groups: ['sre-oncall'],
          excludeOwner: true,
          timeoutSeconds: 600,
        },
        risk: { level: 'low', reasons: [] },
      },
    });
    const kubeconfig = await agentKubeconfig(gateway, { subject, connection: 'prod-eks' });
    const token = gateway.issuer.token({ sub: subject });
    const kubectl = kubectlWith(this.kubectlPath, kubeconfig);
    await eventually(async () => {
      const { status } = await gateway.call('/connections/prod-eks/api/v1/namespaces', { token });
      if (status !== 200) throw new Error(`not granted yet: ${status}`);
    });
    return { subject, token, grantId, requestId, kubectl, kubeconfig };
  }

  async decide(holdId: string, verb: 'approve' | 'deny', token = this.humanToken(approver)) {
    const url = `${this.#parts.approval.url}/v1/holds/${holdId}/${verb}`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify(verb === 'deny' ? { reason: 'not during the incident' } : {});
    return eventually(async () => {
      const { status } = await fetch(url, { method: 'POST', headers, body });
      // It learns of the hold a moment after us.
      if (status === 404) throw new Error('approval does not know the hold');
      return status;
    });
  }

  shown(holdId: string): Promise<HoldView> {
    const url = `${this.#parts.approval.url}/v1/holds/${holdId}`;
    const headers = { authorization: `Bearer ${this.humanToken(approver)}` };
    return eventually(async () => HoldView.parse(await (await fetch(url, { headers })).json()));
  }

  humanToken(email: string, groups: readonly string[] = ['sre-oncall']): string {
    return this.#parts.humans.token({ sub: email, groups });
  }

  async holdsOf({ grantId }: AgentUnderTest): Promise<RecordedHold[]> {
    const { bus } = this.gateway;
    const { state } = await bus.manager.streams.info('HOLDS', { subjects_filter: '>' });
    const ids = Object.keys(state.subjects ?? {}).map((subject) => subject.split('.').at(-1) ?? '');
    const store = holdEventStore(bus, 'audit');
    const holds = await Promise.all(
      ids.map(async (holdId) => ({ holdId, events: (await store.load(holdId)).events })),
    );
    return holds
      .flatMap(({ holdId, events }) => {
        const [first] = events;
        if (first?.event.type !== 'CommandHeld') return [];
        const types = events.map(({ event }) => event.type);
        return [{ holdId, types, held: first.event.data, sequence: first.sequence, events }];
      })
      .filter(({ held }) => held.call.grantId === grantId)
      .toSorted((one, other) => one.sequence - other.sequence);
  }

  async waiting(count: number, proxies = [this.gateway.proxy]): Promise<void> {
    await eventually(async () => {
      const counts = await Promise.all(proxies.map(callsHeldBy));
      const all = counts.reduce((sum, each) => sum + each);
      if (all !== count) throw new Error(`${String(all)} calls wait`);
    });
  }

  held(agent: AgentUnderTest, count = 1): Promise<RecordedHold> {
    return eventually(
      async () => {
        const holds = await this.holdsOf(agent);
        const last = holds.at(-1);
        if (last === undefined || holds.length < count) throw new Error(`${holds.length} holds`);
        return last;
      },
      { timeoutMs: 60_000 },
    );
  }

  async ends(holdId: string, ...types: HoldEventType[]): Promise<void> {
    const store = holdEventStore(this.gateway.bus, 'audit');
    await eventually(
      async () => {
        const { events } = await store.load(holdId);
        const came = events.map(({ event }) => event.type).join();
        if (came !== types.join()) throw new Error(`the hold is ${came}`);
      },
      { timeoutMs: 60_000 },
    );
  }

  async changePolicy(reason: string): Promise<void> {
    const { directory, health, log } = this.gateway;
    const before = log.length;
    await writeFile(join(directory, 'guardrails.yaml'), rules(reason));
    await eventually(
      async () => {
        if (log.slice(before).some((line) => line.includes('configuration changed'))) return;
        // A proxy in a process of its own logs elsewhere: then a held call tells.
        if (log.length > 0) throw new Error('the guardrails are not in force');
        await fetch(`${health}/readyz`);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
      },
      { timeoutMs: 60_000 },
    );
  }

  async close(): Promise<void> {
    const { child } = this.#parts.approval;
    child.kill('SIGTERM');
    await once(child, 'exit');
    await this.gateway.close();
    await this.cluster.close();
  }
}

/** The real service, in a process of its own. */
async function startApproval(gateway: Gateway): Promise<{ url: string; child: ChildProcess }> {
  const program = join(repositoryRoot(), 'services/approval/src/main.ts');
  const child = spawn(process.execPath, sourceProgram(program), {
    env: { NATS_URL: gateway.nats.servers, HTTP_PORT: '0', PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    const url = /"http":"(http:[^"]+)"/.exec(said)?.[1];
    if (url !== undefined) resolve(url);
  });
  child.on('exit', () => reject(new Error(`approval has ended: ${said}`)));
  const url = await promise;
  return { url, child };
}
