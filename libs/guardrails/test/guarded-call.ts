import { GuardrailDocument } from '@drawbridge/contracts';
import type { GuardedCall, GuardedResourceRequest } from '../src/guarded-call.js';
import { compileGuardrails, type Guardrails } from '../src/guardrails.js';

/** A call with everything that a test does not name. */
export function callOf(
  request: Partial<GuardedResourceRequest> = {},
  more: Partial<GuardedCall> = {},
): GuardedCall {
  return {
    request: {
      ...{ kind: 'resource', verb: 'get', apiGroup: '', apiVersion: 'v1', resource: 'pods' },
      ...{ subresource: '', namespace: 'payments', name: '', dryRun: false, fieldManager: '' },
      ...request,
    },
    contentType: '',
    query: [],
    agent: {
      ...{ kind: 'agent', issuer: 'https://id.corp.test', subject: 'agent-oncall' },
      ...{ groups: ['oncall-agents'], owner: 'dana@corp.test' },
    },
    connection: { name: 'prod-eks', environment: 'production', labels: { team: 'payments' } },
    grant: {
      ...{ grantId: 'g1', action: 'scale', policy: 'oncall', reason: 'r' },
      ...{ ticket: 'INC-1', approvers: ['alice@corp.test'] },
      startsAt: new Date('2026-11-23T10:00:00Z'),
      endsAt: new Date('2026-11-23T10:15:00Z'),
    },
    // A Monday; 11:05 in Berlin.
    now: new Date('2026-11-23T10:05:00Z'),
    ...more,
  };
}

/** Guardrails of one document `d` with these rules, each with a name and reason unless it has its own. */
export function guardrailsOf(...rules: readonly object[]): Guardrails {
  return compileGuardrails([documentOf(...rules)]);
}

export function documentOf(...rules: readonly object[]): GuardrailDocument {
  return GuardrailDocument.parse({
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Guardrail',
    metadata: { name: 'd' },
    spec: {
      rules: rules.map((rule, index) => ({
        ...{ name: `r${index}`, action: 'deny', reason: 'because' },
        ...rule,
      })),
    },
  });
}
