import type { ConnectionDocument } from '@drawbridge/contracts';
import type { OwnCallKeys } from '@drawbridge/runtime';
import type { Endpoint } from '../../src/credentials/cluster-endpoint.js';
import type { CallIdentity, Credential } from '../../src/credentials/credential.js';
import type { Suspension } from '../../src/upstream/circuit-breaker.js';
import { KubeUpstream } from '../../src/upstream/kube-upstream.js';
import type { PreparedUpstream, UpstreamRequest } from '../../src/upstream/upstream.js';
import { collect, type CollectedAnswer } from './collected-answer.js';
import type { ScriptedServer } from './scripted-server.js';

export const identity: CallIdentity = {
  agent: { kind: 'agent', issuer: 'https://idp.test', subject: 'agent', groups: [] },
  grantId: 'g1',
  accessRequestId: 'r1',
  commandId: 'c1',
  grantEndsAtMs: Infinity,
};

export const get = (more: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  method: 'GET',
  target: '/api/v1/pods',
  headers: ['accept', 'application/json'],
  body: null,
  longRunning: false,
  readOnly: true,
  ...more,
});

type ServerUnderTest = Pick<ScriptedServer, 'port' | 'certificateAuthority'>;

/** The real thing in front of a server of a test. */
export interface UpstreamUnderTest {
  readonly upstream: KubeUpstream;
  readonly changes: (Suspension | undefined)[];
  /** How often the credential was told that it was refused. */
  readonly refusals: () => number;
  /** Goes to another server from now on. */
  move(endpoint: Endpoint): void;
  prepare(): PreparedUpstream;
  ask(request?: UpstreamRequest): Promise<CollectedAnswer>;
}

export function endpointOf({ port, certificateAuthority }: ServerUnderTest): Endpoint {
  return { server: new URL(`https://127.0.0.1:${port}/base/`), certificateAuthority };
}

export interface UpstreamUnderTestOptions {
  readonly ownCalls?: OwnCallKeys | undefined;
  /** The credential. */
  readonly headers?: readonly string[];
}

export function upstreamTo(
  server: ServerUnderTest | Endpoint,
  { ownCalls, headers = ['authorization', 'Bearer ours'] }: UpstreamUnderTestOptions = {},
): UpstreamUnderTest {
  const changes: (Suspension | undefined)[] = [];
  let endpoint = 'port' in server ? endpointOf(server) : server;
  let refusals = 0;
  const credential: Credential = {
    headers: () => headers,
    refused: () => (refusals += 1),
    close: () => Promise.resolve(),
  };
  const upstream = new KubeUpstream({
    document: document as ConnectionDocument,
    access: {
      endpoint: { current: () => endpoint, close: () => Promise.resolve() },
      credential,
      close: () => Promise.resolve(),
    },
    clock: () => new Date(),
    ownCalls,
    onChange: (suspension) => changes.push(suspension),
  });
  const prepare = () => {
    const prepared = upstream.prepare(identity);
    if (prepared instanceof Promise) throw new TypeError('a promise, with all in memory');
    return prepared;
  };
  return {
    upstream,
    changes,
    refusals: () => refusals,
    move: (to) => (endpoint = to),
    prepare,
    ask: (request = get()) => collect((listener) => prepare().send(request, listener)).answer,
  };
}

const document = { metadata: { name: 'prod' }, spec: {} };
