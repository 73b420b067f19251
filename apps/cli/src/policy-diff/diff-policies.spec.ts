import { GuardrailDocument, type AuditCommand, type AuditEvent } from '@drawbridge/contracts';
import { compileGuardrails } from '@drawbridge/guardrails';
import { describe, expect, it } from 'vitest';
import { ApiClient } from '../api/api-client.js';
import { ApiRefused } from '../api/api-refused.js';
import { AuditReader } from './audit-reader.js';
import { diffPolicies } from './diff-policies.js';
import { policySide } from './policy-side.js';

const guardrail = GuardrailDocument.parse({
  ...{ apiVersion: 'drawbridge.dev/v1alpha1', kind: 'Guardrail', metadata: { name: 'deletion' } },
  spec: {
    rules: [
      {
        ...{ name: 'namespace', action: 'deny', reason: 'no' },
        match: {
          verbs: ['delete'],
          resources: ['namespaces'],
          dryRun: false,
          grants: { policies: ['oncall'] },
        },
      },
    ],
  },
});
const after = policySide({
  guardrails: compileGuardrails([guardrail]),
  documents: [{ ...guardrail, source: { file: '', line: 1, column: 1 } }],
  connections: [],
});
const idOf = (kind: number, number: number): string =>
  `019c0000-000${kind}-7000-8000-${String(number).padStart(12, '0')}`;

const command = (number: number): AuditCommand => ({
  ...{ id: idOf(1, number), receivedAt: '2026-01-05T09:00:00.000Z', grantId: idOf(2, number) },
  agent: { kind: 'agent', issuer: 'https://idp.test', subject: `agent-${number}`, groups: [] },
  ...{ connection: 'prod', method: 'DELETE', verb: 'delete', path: '/api/v1/namespaces/a' },
  ...{ query: '', apiGroup: '', apiVersion: 'v1', resource: 'namespaces', subresource: '' },
  ...{ namespace: 'a', name: `a-${number}`, clientAddress: '', userAgent: '' },
  decision: { effect: 'allow', reason: 'grant_allows', message: '' },
  ...{ outcome: 'completed', requestBytes: 0, responseBytes: 0, durationMs: 1 },
  sequences: [number],
});

const granted = (grantId: string): AuditEvent => ({
  ...{ sequence: 1, id: grantId, type: 'GrantIssued', schemaVersion: 1, accessRequestId: grantId },
  ...{ correlationId: '', causationId: '', actor: { kind: 'service', id: 'policy' } },
  ...{ at: '2026-01-05T09:00:00.000Z', hash: 'a'.repeat(64) },
  data: {
    ...{ grantId, policy: { name: 'oncall', version: 'v' }, approvers: [] },
    grantee: { kind: 'agent', issuer: 'https://idp.test', subject: 'a', groups: [] },
    terms: {
      ...{ connection: 'prod', environment: 'production', durationSeconds: 60, reason: 'why' },
      rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['a'] }],
    },
    ...{ startsAt: '2026-01-05T09:00:00.000Z', endsAt: '2026-01-05T10:00:00.000Z' },
  },
});

/** An audit service of many commands, that is busy at first. */
class ManyCommands extends ApiClient {
  asked = 0;
  largestQuery = 0;

  constructor(private readonly pages: number) {
    const { signal: interrupted } = new AbortController();
    super({
      base: new URL('http://audit.test'),
      interrupted,
      fetch: () => Promise.reject(new Error('no')),
    });
  }

  override call: ApiClient['call'] = (call) => {
    this.asked += 1;
    if (this.asked === 1) return Promise.reject(busy);
    const { cursor, grant = '' } = call.query ?? {};
    this.largestQuery = Math.max(this.largestQuery, grant.length);
    if (call.path === '/v1/audit/events') {
      return Promise.resolve(call.answer.parse({ items: grant.split(',').map(granted) }) as never);
    }
    const page = Number(cursor ?? 0);
    const items = Array.from({ length: 1000 }, (_, index) => command(page * 1000 + index));
    const next = page + 1 < this.pages ? { nextCursor: String(page + 1) } : {};
    return Promise.resolve(call.answer.parse({ items, ...next }) as never);
  };
}

const busy = new ApiRefused({
  ...{ type: 'about:blank', title: 'busy', status: 429, detail: 'busy', code: 'audit_busy' },
  requestId: 'r',
});

describe('a diff over many commands', () => {
  it('counts all of them, keeps few, and reads grants in lists that a query can hold', async () => {
    const api = new ManyCommands(8);
    const lines: string[] = [];
    const report = await diffPolicies(new AuditReader(() => Promise.resolve(api)), {
      after,
      before: undefined,
      ...{ since: 'a', until: 'b', filter: {}, limit: 5 },
      onDecision: ({ id }) => lines.push(id),
    });
    expect(report).toMatchObject({ commands: 8000, changed: 8000, untold: 0, unchanged: 0 });
    expect(report.changes).toEqual([
      { before: 'allow', after: 'deny', rules: ['deletion/namespace'], missing: [], count: 8000 },
    ]);
    expect(report.changedDecisions).toHaveLength(5);
    expect(new Set(lines).size).toBe(8000);
    expect(api.largestQuery).toBeLessThan(1000);
    // One refusal, eight pages, and twenty grants at a time.
    expect(api.asked).toBe(1 + 8 + 400);
  });

  it('gives up when audit says no', async () => {
    const refused = new ApiRefused({ ...busy.problem, status: 403, code: 'auditor_required' });
    const reader = new AuditReader(() => Promise.reject(refused));
    const comparison = { after, before: undefined, since: 'a', until: 'b', filter: {}, limit: 5 };
    await expect(diffPolicies(reader, comparison)).rejects.toBe(refused);
  });
});
