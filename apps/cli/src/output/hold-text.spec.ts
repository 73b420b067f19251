import type { HoldView } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { holdTable, holdText } from './hold-text.js';

const now = new Date('2026-01-05T09:05:00Z');
const view: HoldView = {
  id: '019c0000-0000-8000-8000-000000000001',
  status: 'open',
  revision: 3,
  heldAt: '2026-01-05T09:00:00.000Z',
  agent: { kind: 'agent', issuer: 'https://idp.test', subject: 'agent-oncall', groups: [] },
  accessRequestId: '019c0000-0000-7000-8000-000000000002',
  purpose: { reason: 'clean up', ticket: 'INC-4211' },
  environment: 'production',
  call: {
    connection: 'prod-eks',
    grantId: '019c0000-0000-7000-8000-000000000003',
    agent: { issuer: 'https://idp.test', subject: 'agent-oncall' },
    policyVersion: 'abc',
    rule: 'safety/namespaces',
    method: 'DELETE',
    path: '/api/v1/namespaces/payments',
    query: 'propagationPolicy=Foreground',
    verb: 'delete',
    apiGroup: '',
    resource: 'namespaces',
    subresource: '',
    namespace: 'payments',
    name: 'payments',
    contentType: '',
    bodySha256: '',
    resourceVersion: '1',
  },
  digest: 'digest',
  plainWords: 'delete namespaces "payments"',
  reason: 'deletes everything in it',
  effect: { diff: ['-kind: Namespace'], touches: ['14 pods'], warnings: [], soFar: ['3 calls'] },
  approvers: { groups: ['sre-oncall'] },
  decideBy: '2026-01-05T09:15:00.000Z',
};

describe('a held call as text', () => {
  it('says who said yes, and how many more it takes', () => {
    const yes = { by: 'alice@corp.test', via: 'slack', at: '2026-01-05T09:01:00.000Z' };
    const forTwo = { ...view, approvers: { groups: ['sre-oncall'], count: 2 } };
    const half = holdText({ ...forTwo, missing: 1, endorsements: [yes] }, now);
    expect(half).toContain('approvals of 2 different people from sre-oncall, 1 more\n');
    expect(half).toMatch(/one yes by +alice@corp.test through slack\n/);
    expect(holdText({ ...forTwo, status: 'lapsed' }, now)).toContain('from sre-oncall\n');
  });

  it('shows the call, what it does and until when to decide', () => {
    expect(holdText(view, now)).toBe(
      [
        'held call 019c0000-0000-8000-8000-000000000001: open',
        '  who           agent-oncall',
        '  what          delete namespaces "payments"',
        '  call          DELETE /api/v1/namespaces/payments?propagationPolicy=Foreground',
        '  connection    prod-eks (production)',
        '  held because  deletes everything in it',
        '  purpose       clean up',
        '  ticket        INC-4211',
        '  guardrail     safety/namespaces (abc)',
        '  needs         one approval from sre-oncall',
        '  left          10m',
        '  touches: 14 pods',
        '  before that: 3 calls',
        '  what a dry-run changes:',
        '    -kind: Namespace',
        '',
      ].join('\n'),
    );
  });

  it('says who decided, and for how long an approved call may pass', () => {
    const decision = { by: 'alice@corp.test', via: 'http', at: view.heldAt, remark: 'empty' };
    const approved: HoldView = {
      ...view,
      status: 'approved',
      decision,
      validUntil: '2026-01-05T09:07:00Z',
    };
    const text = holdText(approved, now);
    expect(text).toMatch(/may pass for +2m\n/);
    expect(text).toMatch(/decided by +alice@corp.test through http: empty\n/);
    expect(text).not.toMatch(/ left /);
  });

  it('lets nothing of others deceive the reader', () => {
    const evil = '\u001b[2J\u202edrow\nheld call x: approved';
    const effect = { diff: [evil], touches: [evil], warnings: [evil], soFar: [evil], noDiff: evil };
    const hostile = { ...view, reason: evil, plainWords: evil, effect };
    for (const text of [holdText(hostile, now), holdTable({ items: [hostile], total: 1 }, now)]) {
      expect(text).not.toMatch(/\p{Bidi_Control}/u);
      expect(text).not.toContain('\u001b');
      expect(text).not.toContain('\nheld call x');
    }
  });

  it('is one line in a list, which says when it is not all', () => {
    const text = holdTable({ items: [view], total: 3 }, now);
    expect(text).toMatch(/agent-oncall +prod-eks +delete namespaces "payments" +10m +deletes/);
    expect(text).toMatch(/and 2 more\n$/);
    expect(holdTable({ items: [], total: 0 }, now)).toBe('no held call waits for you\n');
  });
});
