import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { HeldCall } from '@drawbridge/contracts';
import type { CallFacts } from '../../../src/chain/exchange.js';
import { parseKubeRequest } from '../../../src/domain/kube-request.js';
import { ruleOf, type PolicyVersion } from './policies.js';

const MASK = { headers: {}, body: () => ({ push: (chunk: Buffer) => [chunk], end: () => [] }) };
export const OBJECT_PATH = '/api/v1/namespaces/payments/configmaps/settings';
const HOUR_MS = 3_600_000;

export const grantId = '018f0000-0000-7000-8000-00000000aaaa';
export const accessRequestId = '018f0000-0000-7000-8000-000000000001';
export const agent = {
  kind: 'agent',
  issuer: 'https://idp.corp.test',
  subject: 'agent-oncall',
  groups: [],
  owner: 'dana@corp.test',
} as const;

/** One call as a client makes it. Those with the same change are the same call. */
export interface Attempt {
  readonly change: 'a' | 'b';
  /** Whether the client keeps its connection open for a decision. */
  readonly waits: boolean;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const bodyOf = ({ change }: Attempt): Buffer => Buffer.from(JSON.stringify({ data: { change } }));

/** The call that humans should have been shown, put together without the code under test. */
export const shownCall = (
  attempt: Attempt,
  policyVersion: PolicyVersion,
  resourceVersion: string,
): HeldCall => ({
  connection: 'prod',
  grantId,
  agent: { issuer: agent.issuer, subject: agent.subject },
  policyVersion,
  rule: ruleOf(policyVersion),
  method: 'PATCH',
  path: OBJECT_PATH,
  query: '',
  verb: 'patch',
  apiGroup: '',
  resource: 'configmaps',
  subresource: '',
  namespace: 'payments',
  name: 'settings',
  contentType: 'application/merge-patch+json',
  bodySha256: digest(bodyOf(attempt)),
  resourceVersion,
});

class ClientAnswer extends EventEmitter {
  destroyed = false;
}

export type ClientEnd = 'forwarded' | (string & {});

/** A client with its one call, from the moment it comes until it is forwarded or refused. */
export class ModelClient {
  readonly facts: CallFacts = {};
  readonly answer = new ClientAnswer();
  /** How it ended. */
  end: ClientEnd | undefined;

  constructor(
    readonly attempt: Attempt,
    readonly commandId: string,
  ) {}

  leave(): void {
    if (this.answer.destroyed) return;
    this.answer.destroyed = true;
    this.answer.emit('close');
  }

  /** What the steps before have found out. */
  get parts() {
    const { attempt, commandId, facts, answer } = this;
    const prefer = attempt.waits ? [] : ['prefer', 'respond-async'];
    const headers = { value: (name: string) => (name === 'content-type' ? CONTENT : undefined) };
    return {
      commandId,
      facts,
      answer,
      agent,
      connection: 'prod',
      receivedAt: new Date(),
      tokenExpiresAt: new Date(Date.now() + HOUR_MS),
      kube: parseKubeRequest('PATCH', OBJECT_PATH),
      request: { rawHeaders: prefer, headers },
      body: { kind: 'held', bytes: bodyOf(attempt) },
      mask: { masker: { ...MASK, line: (text: string) => text, digest } },
    };
  }
}

const CONTENT = 'application/merge-patch+json';
